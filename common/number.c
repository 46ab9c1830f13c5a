// SPDX-License-Identifier: Apache-2.0
#include "common/number.h"

#include <stdbool.h>
#include <string.h>

#include "common/checked.h"

static bool digits(const char *text, size_t length, uint64_t *value)
{
	uint64_t n = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		if (!mul_u64(n, 10, &n) || !add_u64(n, (uint64_t)(text[i] - '0'), &n))
			return false;
	}
	*value = n;
	return true;
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct error *err)
{
	uint64_t n;

	if (!digits(text, strlen(text), &n) || n < min || n > max)
		return error_usage(err, "\"%s\" is not a number from %llu to %llu", text,
				   (unsigned long long)min, (unsigned long long)max);
	*value = n;
	return 0;
}

int size_parse(const char *text, uint64_t *bytes, struct error *err)
{
	static const char suffixes[] = "KMGT";
	size_t length = strlen(text);
	uint64_t unit = 1, n;

	const char *suffix = length ? strchr(suffixes, text[length - 1]) : NULL;
	if (suffix) {
		unit = UINT64_C(1) << (10 * (suffix - suffixes + 1));
		length--;
	}
	if (!digits(text, length, &n) || !mul_u64(n, unit, &n) || n > INT64_MAX)
		return error_usage(err,
				   "\"%s\" is not a size: a number of bytes, or one with K, M, G "
				   "or T after it",
				   text);
	*bytes = n;
	return 0;
}

int hex_number_parse(const char *text, uint64_t *value, struct error *err)
{
	const char *digit = strncmp(text, "0x", 2) == 0 ? text + 2 : text;
	size_t length = strlen(digit);
	uint64_t n = 0;

	if (length == 0 || length > 16 || strspn(digit, "0123456789abcdefABCDEF") != length)
		return error_usage(err, "\"%s\" is not a hexadecimal number of up to 64 bits",
				   text);
	for (; *digit; digit++)
		n = n << 4 | (uint64_t)(*digit <= '9' ? *digit - '0' : (*digit | 0x20) - 'a' + 10);
	*value = n;
	return 0;
}
