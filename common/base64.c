// SPDX-License-Identifier: Apache-2.0
#include "common/hex.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/io.h"

char *base64_encode(const uint8_t *bytes, size_t size)
{
	if (size > INT_MAX / 2)
		return NULL;
	char *text = malloc((size + 2) / 3 * 4 + 1);
	if (text)
		(void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
	return text;
}

int base64_decode(const char *text, uint8_t **bytes, size_t *size, struct error *err)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text);
	size_t padding = 0;

	if (length % 4 != 0 || length > INT_MAX / 2)
		return error_input(err, "not base64: %zu characters", length);
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	/* EVP_DecodeBlock skips white space at both ends and takes '=' anywhere; RFC 4648 does not
	 */
	if (strspn(text, alphabet) != length - padding)
		return error_input(err, "not base64");
	cleanup_free uint8_t *out = malloc(length / 4 * 3 + 1);
	if (!out)
		return error_memory(err);
	if (length && EVP_DecodeBlock(out, (const unsigned char *)text, (int)length) < 0)
		return error_input(err, "not base64");
	/* the bits under the padding land in the bytes after the last */
	if (!is_zero(out + length / 4 * 3 - padding, padding))
		return error_input(err, "not base64: the bits before the padding are not zero");
	*size = length / 4 * 3 - padding;
	*bytes = take_ptr(out);
	return 0;
}
