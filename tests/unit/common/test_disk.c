// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/checked.h"
#include "common/disk.h"

static void disk_integers_lie_in_their_byte_order(void **state)
{
	(void)state;
	assert_memory_equal(le16_put(0x0102).b, "\x02\x01", 2);
	assert_memory_equal(le32_put(0x01020304).b, "\x04\x03\x02\x01", 4);
	assert_memory_equal(le64_put(0x0102030405060708).b, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	assert_memory_equal(be16_put(0x0102).b, "\x01\x02", 2);
	assert_memory_equal(be32_put(0x01020304).b, "\x01\x02\x03\x04", 4);
	assert_memory_equal(be64_put(0x0102030405060708).b, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
}

static void disk_integers_come_back_whole(void **state)
{
	static const uint64_t values[] = { 0,          1,
					   0x7f,       0x80,
					   0x7fff,     0x8000,
					   0xffff,     0x7fffffff,
					   0x80000000, 0xffffffff,
					   INT64_MAX,  (uint64_t)INT64_MIN,
					   UINT64_MAX, 0xfedcba9876543210 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t v = values[i];
		assert_int_equal(le16_get(le16_put((uint16_t)v)), (uint16_t)v);
		assert_int_equal(le32_get(le32_put((uint32_t)v)), (uint32_t)v);
		assert_true(le64_get(le64_put(v)) == v);
		assert_int_equal(be16_get(be16_put((uint16_t)v)), (uint16_t)v);
		assert_int_equal(be32_get(be32_put((uint32_t)v)), (uint32_t)v);
		assert_true(be64_get(be64_put(v)) == v);
	}
}

static void sums_and_products_that_do_not_fit_are_told(void **state)
{
	uint64_t r = 99;

	(void)state;
	assert_true(add_u64(UINT64_MAX - 1, 1, &r) && r == UINT64_MAX);
	assert_true(mul_u64(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &r) &&
		    r == UINT64_MAX - UINT32_MAX);
	assert_true(mul_u64(0, UINT64_MAX, &r) && r == 0);
	r = 99;
	assert_false(add_u64(UINT64_MAX, 1, &r));
	assert_false(mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &r));
	assert_int_equal(r, 99);
}

static void rounding_up_reaches_the_next_multiple(void **state)
{
	static const struct {
		uint64_t value, step;
		bool fits;
		uint64_t rounded;
	} rows[] = {
		{ 0, 4096, true, 0 },
		{ 1, 4096, true, 4096 },
		{ 4096, 4096, true, 4096 },
		{ 4097, 4096, true, 8192 },
		{ 7, 1, true, 7 },
		{ 10, 7, true, 14 },
		{ UINT64_MAX - 4095, 4096, true, UINT64_MAX - 4095 },
		{ UINT64_MAX - 4094, 4096, false, 99 },
		{ UINT64_MAX, 1, true, UINT64_MAX },
		{ UINT64_MAX, 2, false, 99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t r = 99;
		bool fits = round_up_u64(rows[i].value, rows[i].step, &r);
		if (fits != rows[i].fits || r != rows[i].rounded)
			fail_msg("row %zu: %d, %llu", i, fits, (unsigned long long)r);
	}
	assert_int_equal(div_up_u64(0, 4096), 0);
	assert_int_equal(div_up_u64(1, 4096), 1);
	assert_int_equal(div_up_u64(4096, 4096), 1);
	assert_true(div_up_u64(UINT64_MAX, 1) == UINT64_MAX);
	assert_int_equal(div_up_u64(UINT64_MAX, UINT64_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disk_integers_lie_in_their_byte_order),
		cmocka_unit_test(disk_integers_come_back_whole),
		cmocka_unit_test(sums_and_products_that_do_not_fit_are_told),
		cmocka_unit_test(rounding_up_reaches_the_next_multiple),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
