// SPDX-License-Identifier: Apache-2.0
/* Tables as `dmsetup table` shows those of veritysetup and cryptsetup, with the two numbers that it
 * puts in front. */
#include "tests/unit/guest-init/check.h"

#include <stdio.h>

#include "guest-init/tables.h"

static const struct device_number disk = { 254, 16 }, below = { 253, 1 };

static struct descriptor_volume volume(void)
{
	struct descriptor_volume v = {
		.name = "root",
		.verity.data_blocks = 8192,
		.sealed = true,
		.crypt.offset_bytes = 16 << 20,
	};

	memset(v.verity.root_hash, 0xab, sizeof(v.verity.root_hash));
	memset(v.verity.salt, 0x01, sizeof(v.verity.salt));
	return v;
}

static void assert_table(const struct table *table, const char *want)
{
	char line[2 * TABLE_TEXT_BYTES];

	(void)snprintf(line, sizeof(line), "0 %llu %s %s", (unsigned long long)table->sectors,
		       table->target, table->text);
	assert_string_equal(line, want);
}

static void the_data_partition_is_a_range(void **state)
{
	const struct descriptor_volume v = volume();
	struct table table;
	struct error err;

	(void)state;
	assert_done(table_linear(&v, disk, 1 << 20, &table, &err), &err);
	assert_table(&table, "0 65536 linear 254:16 2048");
}

static void verity_has_no_optional_argument(void **state)
{
	const struct descriptor_volume v = volume();
	struct table table;
	struct error err;

	(void)state;
	assert_done(table_verity(&v, below, disk, 34 << 20, &table, &err), &err);
	assert_table(&table, "0 65536 verity 1 253:1 254:16 4096 4096 8192 8705 sha256 "
			     "abababababababababababababababababababababababababababababababab "
			     "0101010101010101010101010101010101010101010101010101010101010101");
}

static void crypt_names_its_key(void **state)
{
	const struct descriptor_volume v = volume();
	struct table table;
	struct error err;

	(void)state;
	assert_done(table_crypt(&v, below, &table, &err), &err);
	assert_table(&table, "0 32768 crypt aes-xts-plain64 :64:logon:podseal:root 0 253:1 32768 1 "
			     "sector_size:4096");
}

static void scratch_is_crypt_on_integrity(void **state)
{
	struct table table;
	struct error err;

	(void)state;
	assert_done(table_integrity(disk, 1 << 30, &table, &err), &err);
	assert_table(&table, "0 2078720 integrity 254:16 0 32 D 3 block_size:4096 "
			     "interleave_sectors:32768 journal_sectors:1");
	table_scratch(below, 2078720, &table);
	assert_table(&table, "0 2078720 crypt capi:authenc(hmac(sha256),xts(aes))-plain64 "
			     ":96:logon:podseal:scratch 0 253:1 0 2 integrity:32:aead "
			     "sector_size:4096");
}

/* As dm-integrity lays it out: what is promised fits, and wastes no more than the overhead and the
 * rounding. */
static void the_scratch_disk_has_room_for_its_tags(void **state)
{
	static const uint64_t sizes[] = { SCRATCH_MIN_BYTES, SCRATCH_MIN_BYTES + 512,
					  17 << 20,          (33 << 20) - 1,
					  1ULL << 30,        1ULL << 43 };
	struct table table;
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
		assert_done(table_integrity(disk, sizes[i], &table, &err), &err);
		uint64_t bytes = table.sectors * 512, areas = (bytes + (16 << 20) - 1) >> 24;
		assert_int_equal(bytes % 4096, 0);
		uint64_t used = 4096 + 264 * 512 + areas * (128 << 10) + bytes;
		assert_true(used <= sizes[i]);
		assert_true(sizes[i] - used < 2 << 20);
	}
	assert_done(table_integrity(disk, UINT64_MAX, &table, &err), &err);
	assert_int_equal(table.sectors, 8ULL * UINT32_MAX);
	table.sectors = 7;
	assert_refused("small", table_integrity(disk, SCRATCH_MIN_BYTES - 1, &table, &err), &err,
		       ERROR_INPUT, "16777215 bytes, at least 16777216");
	assert_int_equal(table.sectors, 7);
}

static void the_longest_one_fits(void **state)
{
	const struct device_number last = { 4095, 1048575 };
	struct descriptor_volume v = volume();
	struct table table;
	struct error err;

	(void)state;
	table_scratch(last, UINT64_MAX, &table);
	assert_true(strlen(table.text) < TABLE_TEXT_BYTES - 1);
	v.verity.data_blocks = UINT64_MAX / 4096;
	assert_done(table_verity(&v, last, last, UINT64_MAX - 4095, &table, &err), &err);
	assert_true(strlen(table.text) < TABLE_TEXT_BYTES - 1);
}

static void what_cannot_be_is_refused(void **state)
{
	struct descriptor_volume v = volume();
	struct table table = { .sectors = 7 };
	struct error err;

	(void)state;
	assert_refused("offset", table_verity(&v, below, disk, 512, &table, &err), &err,
		       ERROR_INPUT, "byte 512, not at a block");
	v.crypt.offset_bytes = 4097;
	assert_refused("payload", table_crypt(&v, below, &table, &err), &err, ERROR_INPUT,
		       "byte 4097");
	v.crypt.offset_bytes = 8192 * 4096;
	assert_refused("no payload", table_crypt(&v, below, &table, &err), &err, ERROR_INPUT,
		       "byte 33554432 of 33554432");
	v.verity.data_blocks = UINT64_MAX;
	assert_refused("blocks", table_linear(&v, disk, 0, &table, &err), &err, ERROR_INPUT,
		       "data blocks");
	v.verity.data_blocks = 0;
	assert_refused("none", table_verity(&v, below, disk, 0, &table, &err), &err, ERROR_INPUT,
		       "0 data blocks");
	assert_int_equal(table.sectors, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_data_partition_is_a_range),
		cmocka_unit_test(verity_has_no_optional_argument),
		cmocka_unit_test(crypt_names_its_key),
		cmocka_unit_test(scratch_is_crypt_on_integrity),
		cmocka_unit_test(the_scratch_disk_has_room_for_its_tags),
		cmocka_unit_test(the_longest_one_fits),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
