// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/format/specimen.h"

#include "format/gpt_disk.h"

struct tables {
	uint8_t primary[GPT_PRIMARY_BYTES];
	uint8_t backup[GPT_BACKUP_BYTES];
};

static struct gpt specimen_gpt(void)
{
	static const struct {
		const struct uuid *type;
		const char *name;
		uint64_t size_bytes;
	} rows[] = {
		{ &GPT_TYPE_ROOT_X86_64, "root-data", 1000 * 4096 },
		{ &GPT_TYPE_ROOT_VERITY_X86_64, "root-hash", 10 * 4096 },
		{ &GPT_TYPE_SEALED_DATA, "pod-data", 5000 * 4096 },
		{ &GPT_TYPE_HASH, "pod-hash", 42 * 4096 },
		{ &GPT_TYPE_SEAL, "seal", 4096 },
	};
	struct gpt gpt = { 0 };
	struct error err;

	count_up(gpt.disk.bytes, sizeof(gpt.disk.bytes), 1);
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct gpt_partition *partition =
			gpt_append(&gpt, rows[i].type, rows[i].name, rows[i].size_bytes, &err);
		assert_non_null(partition);
		count_up(partition->uuid.bytes, 16, (uint8_t)(16 * (i + 2)));
	}
	return gpt;
}

static struct tables specimen_tables(void)
{
	struct gpt gpt = specimen_gpt();
	struct tables tables;
	struct error err;

	assert_done(gpt_encode(&gpt, tables.primary, tables.backup, &err), &err);
	return tables;
}

static void golden_bytes(void **state)
{
	struct tables tables = specimen_tables();

	(void)state;
	assert_golden(GOLDEN("gpt-primary"), tables.primary, sizeof(tables.primary));
	assert_golden(GOLDEN("gpt-backup"), tables.backup, sizeof(tables.backup));
}

static void partitions_start_aligned_and_end_exactly(void **state)
{
	static const uint64_t starts[] = { 1, 5, 6, 26, 27 }; /* MiB */
	struct gpt gpt = specimen_gpt();

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(starts); i++)
		assert_int_equal(gpt.partitions[i].offset_bytes, starts[i] << 20);
	assert_int_equal(gpt.partitions[2].size_bytes, 5000 * 4096);
	assert_int_equal(gpt.disk_bytes, UINT64_C(28) << 20);
}

static void read_back_equal(void **state)
{
	struct gpt gpt = specimen_gpt();
	struct tables tables = specimen_tables();
	struct gpt again;
	struct error err;

	(void)state;
	assert_done(gpt_parse(tables.primary, gpt.disk_bytes, &again, &err), &err);
	assert_memory_equal(&again.disk, &gpt.disk, sizeof(gpt.disk));
	assert_int_equal(again.disk_bytes, gpt.disk_bytes);
	assert_int_equal(again.count, gpt.count);
	for (size_t i = 0; i < gpt.count; i++) {
		const struct gpt_partition *a = &gpt.partitions[i];
		const struct gpt_partition *b = &again.partitions[i];
		assert_true(uuid_equal(&a->type, &b->type));
		assert_true(uuid_equal(&a->uuid, &b->uuid));
		assert_int_equal(a->attributes, b->attributes);
		assert_int_equal(a->offset_bytes, b->offset_bytes);
		assert_int_equal(a->size_bytes, b->size_bytes);
		assert_string_equal(a->name, b->name);
	}
	assert_ptr_equal(gpt_find(&again, "seal"), &again.partitions[4]);
	assert_null(gpt_find(&again, "swap"));
	memcpy(again.partitions[0].name, "seal", 5);
	assert_null(gpt_find(&again, "seal"));
}

static void a_larger_device_is_fine_and_a_smaller_one_is_not(void **state)
{
	struct tables tables = specimen_tables();
	uint64_t size = specimen_gpt().disk_bytes;
	struct gpt gpt;
	struct error err;

	(void)state;
	assert_done(gpt_parse(tables.primary, 2 * size + 17, &gpt, &err), &err);
	assert_int_equal(gpt.disk_bytes, size);
	assert_refused("cut", gpt_parse(tables.primary, size - 1, &gpt, &err), &err, ERROR_INPUT,
		       "GPT ends at sector 57343, the disk has 57343 sectors");
	assert_refused("empty", gpt_parse(tables.primary, 0, &gpt, &err), &err, ERROR_INPUT,
		       "the disk has 0 sectors");
}

/* Both checksums, so that the field under test is what is refused. */
static void renew_checksums(uint8_t *primary)
{
	struct gpt_disk_header header;

	memcpy(&header, primary + 512, sizeof(header));
	header.entries_crc = le32_put(gpt_crc(primary + 1024, 128 * 128));
	header.header_crc = le32_put(0);
	header.header_crc = le32_put(gpt_crc(&header, GPT_HEADER_BYTES));
	memcpy(primary + 512, &header, sizeof(header));
}

enum { HEADER = 512, ENTRY_1 = 1024, ENTRY_2 = 1024 + 128, ENTRY_9 = 1024 + 8 * 128 };

static void each_broken_field_is_refused(void **state)
{
	static const struct {
		const char *name;
		size_t at;
		const char *bytes;
		size_t size;
		bool renew;
		const char *why;
	} rows[] = {
		{ "MBR signature", 510, "\0", 1, false, "sector 0 does not end in 55 aa" },
		{ "MBR type", 450, "\x83", 1, false, "no protective partition" },
		{ "magic", HEADER, "e", 1, true, "does not begin with \"EFI PART\"" },
		{ "revision", HEADER + 8, "\1", 1, true, "revision 00010001" },
		{ "header size", HEADER + 12, "\x5d", 1, true, "header of 93 bytes, not 92" },
		{ "header CRC", HEADER + 16, "\0\0\0\0", 4, false, "GPT header has CRC" },
		{ "flipped bit", HEADER + 56, "\0", 1, false, "GPT header has CRC" },
		{ "reserved", HEADER + 20, "\1", 1, true, "reserved bytes" },
		{ "padding", HEADER + 92, "\1", 1, true, "reserved bytes" },
		{ "own sector", HEADER + 24, "\2", 1, true, "it is at sector 2, not 1" },
		{ "other header inside", HEADER + 32, "\3\0\0", 3, true, "other header at 3" },
		{ "other header outside", HEADER + 39, "\1", 1, true, "GPT ends at sector" },
		{ "first usable", HEADER + 40, "\x21", 1, true, "begins at sector 33, inside" },
		{ "last usable", HEADER + 48, "\x21\0\0", 3, true, "data from sector 34 to 33" },
		{ "entries' place", HEADER + 72, "\3", 1, true, "entries at sector 3" },
		{ "no entries", HEADER + 80, "\0", 1, true, "with 0 entries" },
		{ "many entries", HEADER + 80, "\x81", 1, true, "with 129 entries" },
		{ "absurdly many", HEADER + 80, "\xff\xff\xff\xff", 4, true, "with 4294967295" },
		{ "entry size", HEADER + 84, "\0\1", 2, true, "entries of 256 bytes" },
		{ "entries CRC", ENTRY_1 + 60, "x", 1, false, "GPT entries have CRC" },
		{ "no UUID", ENTRY_1 + 16, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, true,
		  "partition 1: no UUID" },
		{ "type gone", ENTRY_1, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, true,
		  "partition 1: no type" },
		{ "starts in the table", ENTRY_1 + 32, "\x21\0", 2, true,
		  "partition 1: sectors 33 to 10047, not within 34 to 57310" },
		{ "ends before it starts", ENTRY_1 + 40, "\0\0", 2, true, "sectors 2048 to 0" },
		{ "ends outside", ENTRY_1 + 47, "\x80", 1, true, "not within 34 to" },
		{ "overlap", ENTRY_2 + 32, "\0\x10", 2, true,
		  "partition 2: overlaps partition \"root-data\"" },
		{ "same UUID", ENTRY_2 + 16,
		  "\x23\x22\x21\x20\x25\x24\x27\x26\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f", 16, true,
		  "partition 2: has the UUID of partition \"root-data\"" },
		{ "name not ASCII", ENTRY_1 + 57, "\1", 1, true, "character U+0172" },
		{ "name with a newline", ENTRY_1 + 56, "\n", 1, true, "character U+000A" },
		{ "name after its end", ENTRY_1 + 56 + 70, "x", 1, true, "name goes on" },
		{ "left-over entry", ENTRY_9 + 100, "x", 1, true, "partition 9: no type" },
	};
	struct tables good = specimen_tables();
	uint64_t size = specimen_gpt().disk_bytes;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct tables bad = good;
		struct gpt gpt = { .count = 99 };
		struct error err;
		memcpy(bad.primary + rows[i].at, rows[i].bytes, rows[i].size);
		if (rows[i].renew)
			renew_checksums(bad.primary);
		assert_refused(rows[i].name, gpt_parse(bad.primary, size, &gpt, &err), &err,
			       ERROR_INPUT, rows[i].why);
		assert_int_equal(gpt.count, 99);
	}
}

static void append_refuses_what_cannot_be(void **state)
{
	struct gpt gpt = { 0 };
	struct error err;

	(void)state;
	assert_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "seal", 0, &err));
	assert_non_null(strstr(err.text, "not a multiple of 512"));
	assert_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "seal", 511, &err));
	assert_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "seal", UINT64_C(1) << 63, &err));
	assert_non_null(strstr(err.text, "the disk is too large"));
	assert_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "1234567890123456789012345678901234567", 512,
			       &err));
	assert_non_null(strstr(err.text, "name of 37 characters"));
	for (size_t i = 0; i < GPT_MAX_PARTITIONS; i++)
		assert_non_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "x", 512, &err));
	assert_null(gpt_append(&gpt, &GPT_TYPE_SEAL, "x", 512, &err));
	assert_non_null(strstr(err.text, "more than 128 partitions"));
}

static void encode_refuses_what_parse_would(void **state)
{
	struct gpt gpt = specimen_gpt();
	struct tables tables = { { 0 }, { 0 } };
	struct error err;

	(void)state;
	gpt.partitions[1].uuid = gpt.partitions[0].uuid;
	assert_refused("same UUID", gpt_encode(&gpt, tables.primary, tables.backup, &err), &err,
		       ERROR_INPUT, "has the UUID of");
	assert_int_equal(tables.primary[510], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_bytes),
		cmocka_unit_test(partitions_start_aligned_and_end_exactly),
		cmocka_unit_test(read_back_equal),
		cmocka_unit_test(a_larger_device_is_fine_and_a_smaller_one_is_not),
		cmocka_unit_test(each_broken_field_is_refused),
		cmocka_unit_test(append_refuses_what_cannot_be),
		cmocka_unit_test(encode_refuses_what_parse_would),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
