// SPDX-License-Identifier: Apache-2.0
#include "common/base64url.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/cleanup.h"
#include "common/hex.h"

char *base64url_encode(const uint8_t *bytes, size_t size)
{
	char *text = base64_encode(bytes, size);

	if (!text)
		return NULL;
	text[strcspn(text, "=")] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return text;
}

int base64url_decode(const char *text, uint8_t **bytes, size_t *size, struct error *err)
{
	size_t length = strlen(text), padding = (4 - length % 4) % 4;

	if (padding == 3 || strpbrk(text, "+/="))
		return error_input(err, "not base64url");
	cleanup_free char *padded = malloc(length + padding + 1);
	if (!padded)
		return error_memory(err);
	for (size_t i = 0; i < length; i++)
		padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
	memset(padded + length, '=', padding);
	padded[length + padding] = '\0';
	int result = base64_decode(padded, bytes, size, err);
	OPENSSL_cleanse(padded, length);
	return result < 0 ? error_input(err, "not base64url") : 0;
}
