// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "verity/verity.h"

static struct verity_params sample(void)
{
	struct verity_params p = {
		.hash_type = VERITY_SALT_FIRST,
		.data_block_size = 4096,
		.hash_block_size = 512,
		.data_blocks = 0x0102030405,
		.salt_size = 32,
		.uuid = { { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
			    0xdd, 0xee, 0xff, 0x00 } },
	};

	for (uint8_t i = 0; i < 32; i++)
		p.salt[i] = (uint8_t)(0x80 + i);
	return p;
}

/* Where each field lies: cryptsetup wiki, DMVerity, "Verity superblock format". */
static void test_bytes(void **state)
{
	static const struct {
		const char *field;
		size_t at, size;
		const char *bytes;
	} fields[] = {
		{ "signature", 0, 8, "verity\0\0" },
		{ "version", 8, 4, "\1\0\0\0" },
		{ "hash type", 12, 4, "\1\0\0\0" },
		{ "uuid", 16, 4, "\x11\x22\x33\x44" },
		{ "algorithm", 32, 8, "sha256\0\0" },
		{ "data block size", 64, 4, "\0\x10\0\0" },
		{ "hash block size", 68, 4, "\0\2\0\0" },
		{ "data blocks", 72, 8, "\5\4\3\2\1\0\0\0" },
		{ "salt size", 80, 2, "\x20\0" },
		{ "reserved", 82, 6, "\0\0\0\0\0\0" },
		{ "salt", 88, 2, "\x80\x81" },
		{ "salt's end", 88 + 30, 4, "\x9e\x9f\0\0" },
	};
	uint8_t bytes[VERITY_SUPERBLOCK_BYTES];
	struct verity_params p = sample();
	struct error err;

	(void)state;
	assert_int_equal(verity_superblock_encode(&p, bytes, &err), 0);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (memcmp(bytes + fields[i].at, fields[i].bytes, fields[i].size) != 0)
			fail_msg("%s is not as the specification says", fields[i].field);
}

static void test_round_trip(void **state)
{
	static const size_t salt_sizes[] = { 0, 1, 32, 256 };
	uint8_t bytes[VERITY_SUPERBLOCK_BYTES];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(salt_sizes) / sizeof(salt_sizes[0]); i++) {
		struct verity_params p = sample(), back;
		p.salt_size = salt_sizes[i];
		p.hash_type = i % 2 ? VERITY_SALT_FIRST : VERITY_SALT_LAST;
		memset(p.salt, 0, sizeof(p.salt));
		memset(p.salt, 0x5a, p.salt_size);
		assert_int_equal(verity_superblock_encode(&p, bytes, &err), 0);
		assert_int_equal(verity_superblock_parse(bytes, sizeof(bytes), &back, &err), 0);
		assert_int_equal(back.hash_type, p.hash_type);
		assert_int_equal(back.data_block_size, p.data_block_size);
		assert_int_equal(back.hash_block_size, p.hash_block_size);
		assert_int_equal(back.data_blocks, p.data_blocks);
		assert_int_equal(back.salt_size, p.salt_size);
		assert_memory_equal(back.salt, p.salt, sizeof(p.salt));
		assert_true(uuid_equal(&back.uuid, &p.uuid));
	}
}

static void test_refused(void **state)
{
	static const struct {
		size_t at, size;
		const char *bytes;
		const char *message;
	} rows[] = {
		{ 0, 1, "V", "not a verity superblock" },
		{ 7, 1, "x", "not a verity superblock" },
		{ 8, 1, "\2", "superblock version is 2, not 1" },
		{ 11, 1, "\1", "superblock version is 16777217, not 1" },
		{ 12, 1, "\2", "hash type is 2, not 0 or 1" },
		{ 32, 7, "sha512", "hash algorithm is \"sha512\", not sha256" },
		{ 63, 1, "x", "hash algorithm is \"sha256\", not sha256" },
		{ 64, 4, "\0\0\0\0",
		  "data block size is 0, not a power of two from 512 to 1048576" },
		{ 64, 4, "\0\1\0\0",
		  "data block size is 256, not a power of two from 512 to 1048576" },
		{ 64, 4, "\0\0\x20\0",
		  "data block size is 2097152, not a power of two from 512 to 1048576" },
		{ 68, 4, "\0\6\0\0",
		  "hash block size is 1536, not a power of two from 512 to 1048576" },
		{ 72, 8, "\0\0\0\0\0\0\0\0", "there are no data blocks" },
		{ 72, 8, "\0\0\0\0\0\0\x8\0",
		  "2251799813685248 data blocks of 4096 bytes are too many" },
		{ 72, 8, "\xff\xff\xff\xff\xff\xff\xff\xff",
		  "18446744073709551615 data blocks of 4096 bytes are too many" },
		{ 80, 2, "\1\1", "salt is 257 bytes, at most 256" },
		{ 82, 1, "\1", "reserved bytes of the superblock are not zero" },
		{ 87, 1, "\1", "reserved bytes of the superblock are not zero" },
		{ 344, 1, "\1", "reserved bytes of the superblock are not zero" },
		{ 511, 1, "\1", "reserved bytes of the superblock are not zero" },
		{ 88 + 32, 1, "\1", "bytes after the superblock's salt are not zero" },
		{ 343, 1, "\1", "bytes after the superblock's salt are not zero" },
	};
	uint8_t bytes[VERITY_SUPERBLOCK_BYTES];
	struct verity_params p = sample(), untouched = { 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(verity_superblock_encode(&p, bytes, &err), 0);
		memcpy(bytes + rows[i].at, rows[i].bytes, rows[i].size);
		assert_int_equal(verity_superblock_parse(bytes, sizeof(bytes), &untouched, &err),
				 -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_string_equal(err.text, rows[i].message);
		assert_int_equal(untouched.data_blocks, 0);
	}
	assert_int_equal(verity_superblock_encode(&p, bytes, &err), 0);
	assert_int_equal(verity_superblock_parse(bytes, 511, &untouched, &err), -1);
	assert_string_equal(err.text, "superblock is 511 bytes, not 512");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
