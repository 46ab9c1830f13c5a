// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/number.h"

static void numbers_are_digits_in_a_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		int result;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 9, 0, 0 },
		{ "9", 0, 9, 0, 9 },
		{ "007", 0, 9, 0, 7 },
		{ "18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX },
		{ "10", 0, 9, -1, 0 },
		{ "4", 5, 9, -1, 0 },
		{ "18446744073709551616", 0, UINT64_MAX, -1, 0 },
		{ "99999999999999999999999", 0, UINT64_MAX, -1, 0 },
		{ "", 0, 9, -1, 0 },
		{ "-1", 0, 9, -1, 0 },
		{ "+1", 0, 9, -1, 0 },
		{ " 1", 0, 9, -1, 0 },
		{ "1 ", 0, 9, -1, 0 },
		{ "1\n", 0, 9, -1, 0 },
		{ "0x1", 0, 9, -1, 0 },
		{ "1e1", 0, 99, -1, 0 },
		{ "1.0", 0, 9, -1, 0 },
		{ "\xd9\xa1", 0, 9, -1, 0 }, /* an Arabic digit one */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		uint64_t value = 12345;
		int result = number_parse(rows[i].text, rows[i].min, rows[i].max, &value, &err);
		if (result != rows[i].result || value != (result == 0 ? rows[i].value : 12345))
			fail_msg("row %zu, \"%s\": %d, %llu", i, rows[i].text, result,
				 (unsigned long long)value);
		assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_USAGE);
	}
}

static void a_refused_number_is_named_with_its_range(void **state)
{
	struct error err = { 0 };
	uint64_t value;

	(void)state;
	assert_int_equal(number_parse("seven", 1, 64, &value, &err), -1);
	assert_string_equal(err.text, "\"seven\" is not a number from 1 to 64");
}

static void sizes_take_a_suffix_and_stay_below_2_to_63(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "1K", 0, 1024 },
		{ "3M", 0, UINT64_C(3) << 20 },
		{ "2G", 0, UINT64_C(2) << 30 },
		{ "5T", 0, UINT64_C(5) << 40 },
		{ "8388607T", 0, UINT64_C(8388607) << 40 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -1, 0 },
		{ "8388608T", -1, 0 },
		{ "18446744073709551615T", -1, 0 },
		{ "", -1, 0 },
		{ "K", -1, 0 },
		{ "1k", -1, 0 },
		{ "1KB", -1, 0 },
		{ "1KK", -1, 0 },
		{ "1.5G", -1, 0 },
		{ "-1K", -1, 0 },
		{ "1 K", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		uint64_t bytes = 12345;
		int result = size_parse(rows[i].text, &bytes, &err);
		if (result != rows[i].result || bytes != (result == 0 ? rows[i].bytes : 12345))
			fail_msg("row %zu, \"%s\": %d, %llu", i, rows[i].text, result,
				 (unsigned long long)bytes);
		assert_int_equal(err.kind, result == 0 ? ERROR_NONE : ERROR_USAGE);
	}
}

static void hexadecimal_numbers_may_have_their_prefix(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0 },
		{ "0x1", 0, 1 },
		{ "1F", 0, 0x1f },
		{ "0xffffFFFFffffFFFF", 0, UINT64_MAX },
		{ "00000000000000001", -1, 0 },
		{ "", -1, 0 },
		{ "0x", -1, 0 },
		{ "0X1", -1, 0 },
		{ "x1", -1, 0 },
		{ "-1", -1, 0 },
		{ " 1", -1, 0 },
		{ "1g", -1, 0 },
		{ "0x0x1", -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		uint64_t value = 12345;
		int result = hex_number_parse(rows[i].text, &value, &err);
		if (result != rows[i].result || value != (result == 0 ? rows[i].value : 12345))
			fail_msg("row %zu, \"%s\": %d, %llu", i, rows[i].text, result,
				 (unsigned long long)value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_in_a_range),
		cmocka_unit_test(a_refused_number_is_named_with_its_range),
		cmocka_unit_test(sizes_take_a_suffix_and_stay_below_2_to_63),
		cmocka_unit_test(hexadecimal_numbers_may_have_their_prefix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
