// SPDX-License-Identifier: Apache-2.0
/* Verified reads in any order, and what they say of damage to each level of the tree: through the
 * cache, past it, and after it was driven out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "common/io.h"
#include "verity/reader.h"

enum {
	BLOCK = 512,
	/* 16 digests a block: four levels, and more leaves than a cache of a MiB holds */
	MANY_BLOCKS = 40000,
	FEW_BLOCKS = 300,
};

struct area {
	struct verity_params params;
	struct verity_layout layout;
	struct verity_files files;
	uint8_t root[VERITY_DIGEST_BYTES];
	uint8_t *data;
	struct verity_reader *reader;
};

static void area_new(struct area *a, uint64_t blocks, uint64_t hash_offset)
{
	const struct verity_effort effort = { .threads = 1 };
	struct error err = { 0 };
	uint32_t x = 0x9e3779b9;

	*a = (struct area){ .params = { .hash_type = VERITY_SALT_FIRST,
					.data_block_size = BLOCK,
					.hash_block_size = BLOCK,
					.data_blocks = blocks,
					.salt_size = 32 } };
	memset(a->params.salt, 0x5a, 32);
	a->data = malloc(blocks * BLOCK);
	assert_non_null(a->data);
	for (size_t i = 0; i < blocks * BLOCK; i++) {
		x = x * 1664525 + 1013904223;
		a->data[i] = (uint8_t)(x >> 24);
	}
	a->files.data_fd = memfd_create("data", MFD_CLOEXEC);
	a->files.hash_fd = memfd_create("hash", MFD_CLOEXEC);
	a->files.data_size = blocks * BLOCK;
	a->files.hash_offset = hash_offset;
	assert_int_equal(verity_layout(&a->params, &a->layout, &err), 0);
	assert_int_equal(pwrite_all(a->files.data_fd, a->data, blocks * BLOCK, 0, &err), 0);
	if (verity_format(&a->files, &a->params, a->root, &effort, &err) < 0 ||
	    verity_reader_new(a->files.hash_fd, hash_offset, &a->params, a->root, &a->reader,
			      &err) < 0)
		fail_msg("%s", err.text);
}

static void area_free(struct area *a)
{
	verity_reader_free(a->reader);
	free(a->data);
	(void)close(a->files.data_fd);
	(void)close(a->files.hash_fd);
}

static void assert_holds(struct area *a, uint64_t first, uint64_t count)
{
	struct error err = { 0 };

	if (verity_reader_check(a->reader, first, count, a->data + first * BLOCK, &err) < 0)
		fail_msg("%llu+%llu: %s", (unsigned long long)first, (unsigned long long)count,
			 err.text);
}

static void assert_fails(struct area *a, uint64_t first, uint64_t count, enum error_kind kind,
			 const char *text)
{
	struct error err = { 0 };

	assert_int_equal(
		verity_reader_check(a->reader, first, count, a->data + first * BLOCK, &err), -1);
	assert_string_equal(err.text, text);
	assert_int_equal(err.kind, kind);
}

/* A byte in the digests of hash block `block` of `level`. */
static void flip_hash(const struct area *a, unsigned level, uint64_t block)
{
	uint64_t at = a->files.hash_offset + a->layout.level[level].offset_bytes + block * BLOCK;
	uint8_t byte;
	struct error err;

	assert_int_equal(pread_exact(a->files.hash_fd, &byte, 1, at, &err), 0);
	byte ^= 0x80;
	assert_int_equal(pwrite_all(a->files.hash_fd, &byte, 1, at, &err), 0);
}

static void test_any_order(void **state)
{
	struct area a;
	uint64_t at = 1;

	(void)state;
	area_new(&a, MANY_BLOCKS, 12345 * 512);
	assert_true(a.layout.levels == 4 && a.layout.level[0].blocks > (1 << 20) / BLOCK);
	assert_holds(&a, MANY_BLOCKS - 1, 1);
	assert_holds(&a, 0, MANY_BLOCKS);
	for (int i = 0; i < 3000; i++) {
		at = (at * 48271) % 2147483647;
		uint64_t first = at % MANY_BLOCKS, most = MANY_BLOCKS - first;
		assert_holds(&a, first, at / MANY_BLOCKS % 100 % most + 1);
	}
	assert_holds(&a, MANY_BLOCKS, 0);
	area_free(&a);
}

static void test_damaged_data(void **state)
{
	static const uint64_t places[] = { 0, 1, 63, 64, 200, FEW_BLOCKS - 1 };
	struct area a;
	char text[64];

	(void)state;
	area_new(&a, FEW_BLOCKS, 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t n = places[i];
		a.data[n * BLOCK + 17] ^= 1;
		(void)snprintf(text, sizeof(text), "data block %d does not match the hash tree",
			       (int)n);
		assert_fails(&a, n, 1, ERROR_MISMATCH, text);
		assert_fails(&a, 0, FEW_BLOCKS, ERROR_MISMATCH, text);
		assert_holds(&a, 0, n);
		assert_holds(&a, n + 1, FEW_BLOCKS - 1 - n);
		a.data[n * BLOCK + 17] ^= 1;
	}
	/* a block that holds in its own place, in another's */
	memcpy(a.data + 5 * BLOCK, a.data + 6 * BLOCK, BLOCK);
	assert_fails(&a, 5, 1, ERROR_MISMATCH, "data block 5 does not match the hash tree");
	area_free(&a);
}

static void test_damaged_tree(void **state)
{
	struct area a;

	(void)state;
	area_new(&a, FEW_BLOCKS, 4096);
	assert_int_equal(a.layout.levels, 3);
	flip_hash(&a, 0, 3);
	assert_holds(&a, 0, 48);
	assert_fails(&a, 48, 16, ERROR_MISMATCH,
		     "hash block 3 at level 0 does not match the hash tree");
	assert_fails(&a, 48, 16, ERROR_MISMATCH,
		     "hash block 3 at level 0 does not match the hash tree");
	assert_holds(&a, 64, FEW_BLOCKS - 64);
	flip_hash(&a, 0, 3);
	assert_holds(&a, 48, 16);
	area_free(&a);

	area_new(&a, FEW_BLOCKS, 4096);
	flip_hash(&a, 1, 1);
	assert_holds(&a, 0, 256);
	assert_fails(&a, 255, 2, ERROR_MISMATCH,
		     "hash block 1 at level 1 does not match the hash tree");
	area_free(&a);

	area_new(&a, FEW_BLOCKS, 4096);
	flip_hash(&a, 2, 0);
	assert_fails(&a, 0, 1, ERROR_MISMATCH,
		     "hash block 0 at level 2 does not match the root hash");
	area_free(&a);
}

/* What was verified stays good while it is kept, whatever becomes of the file; what was driven out
 * is verified again. */
static void test_cache(void **state)
{
	struct area a;

	(void)state;
	area_new(&a, MANY_BLOCKS, 0);
	assert_holds(&a, 0, 16);
	flip_hash(&a, 0, 0);
	assert_holds(&a, 0, 16);
	/* the leaf that shares its slot */
	assert_holds(&a, (uint64_t)(1 << 20) / BLOCK * 16, 16);
	assert_fails(&a, 0, 16, ERROR_MISMATCH,
		     "hash block 0 at level 0 does not match the hash tree");
	/* the slot it failed in holds neither */
	assert_holds(&a, (uint64_t)(1 << 20) / BLOCK * 16, 16);
	area_free(&a);
}

static void test_single_block(void **state)
{
	struct area a;

	(void)state;
	area_new(&a, 1, 0);
	assert_int_equal(a.layout.levels, 0);
	assert_holds(&a, 0, 1);
	a.data[511] ^= 1;
	assert_fails(&a, 0, 1, ERROR_MISMATCH, "data block 0 does not match the hash tree");
	area_free(&a);
}

static void test_past_the_end(void **state)
{
	struct area a;

	(void)state;
	area_new(&a, FEW_BLOCKS, 0);
	assert_fails(&a, 299, 2, ERROR_INPUT, "data block 300 is past the last, 299");
	assert_fails(&a, 1, UINT64_MAX, ERROR_INPUT,
		     "data block 18446744073709551615 is past the last, 299");
	/* a hash area that was cut off */
	assert_int_equal(ftruncate(a.files.hash_fd, 3 * BLOCK), 0);
	assert_fails(&a, 299, 1, ERROR_INPUT, "hash tree: ends 512 bytes too early, at byte 1536");
	area_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order),    cmocka_unit_test(test_damaged_data),
		cmocka_unit_test(test_damaged_tree), cmocka_unit_test(test_cache),
		cmocka_unit_test(test_single_block), cmocka_unit_test(test_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
