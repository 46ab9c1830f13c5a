// SPDX-License-Identifier: Apache-2.0
#include "common/hex.h"

#include <string.h>

void hex_encode(const uint8_t *bytes, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(const char *text, uint8_t *bytes, size_t size, struct error *err)
{
	if (strlen(text) != 2 * size)
		return error_input(err, "%zu hexadecimal digits, not %zu", strlen(text), 2 * size);
	for (size_t i = 0; i < 2 * size; i++)
		if (digit(text[i]) < 0)
			return error_input(err, "\"%c\" is not a hexadecimal digit", text[i]);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(digit(text[2 * i]) << 4 | digit(text[2 * i + 1]));
	return 0;
}

int hex_decode_any(const char *text, uint8_t *bytes, size_t capacity, size_t *size,
		   struct error *err)
{
	size_t length = strlen(text);

	if (length % 2 != 0)
		return error_input(err, "an odd number of hexadecimal digits (%zu)", length);
	if (length / 2 > capacity)
		return error_input(err, "%zu bytes in hexadecimal, at most %zu", length / 2,
				   capacity);
	if (hex_decode(text, bytes, length / 2, err) < 0)
		return -1;
	*size = length / 2;
	return 0;
}
