// SPDX-License-Identifier: Apache-2.0
#include "format/uuid.h"

#include <string.h>

#include "common/hex.h"

/* Bytes in each of the five groups of the text. */
static const size_t groups[] = { 4, 2, 2, 2, 6 };

void uuid_to_text(const struct uuid *uuid, char text[UUID_TEXT_BYTES])
{
	const uint8_t *byte = uuid->bytes;

	for (size_t i = 0; i < 5; i++) {
		hex_encode(byte, groups[i], text);
		byte += groups[i];
		text += 2 * groups[i];
		*text++ = i < 4 ? '-' : '\0';
	}
}

int uuid_from_text(const char *text, struct uuid *uuid, struct error *err)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char digits[2 * sizeof(uuid->bytes) + 1];
	size_t n = 0;

	if (strlen(text) != sizeof(form) - 1)
		return error_input(err, "a UUID of %zu characters, not 36", strlen(text));
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return error_input(err, "\"%s\" is not a UUID in lower case", text);
		if (form[i] != '-')
			digits[n++] = text[i];
	}
	digits[n] = '\0';
	return hex_decode(digits, uuid->bytes, sizeof(uuid->bytes), err);
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void uuid_from_root_hash(const uint8_t root_hash[32], struct uuid *data, struct uuid *hash)
{
	memcpy(data->bytes, root_hash, sizeof(data->bytes));
	memcpy(hash->bytes, root_hash + 16, sizeof(hash->bytes));
}
