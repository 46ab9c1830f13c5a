// SPDX-License-Identifier: Apache-2.0
/* Hash areas against golden ones that veritysetup 2.6.1 made of the same data, and what
 * verification says of each kind of damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/io.h"
#include "verity/verity.h"

enum { DATA_BYTES = 300 * 4096 };

/* The data of all tests: xorshift32 from 0x9e3779b9, as little-endian words. */
static void data_new(uint8_t *data)
{
	uint32_t x = 0x9e3779b9;

	for (size_t i = 0; i < DATA_BYTES; i += 4) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		for (size_t j = 0; j < 4; j++)
			data[i + j] = (uint8_t)(x >> (8 * j));
	}
}

static struct verity_params params_of(uint32_t data_block_size, uint32_t hash_block_size,
				      enum verity_hash_type type, uint64_t data_blocks)
{
	struct verity_params p = {
		.hash_type = type,
		.data_block_size = data_block_size,
		.hash_block_size = hash_block_size,
		.data_blocks = data_blocks,
		.salt_size = 32,
		.uuid = { { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
			    0xdd, 0xee, 0xff, 0x00 } },
	};

	for (uint8_t i = 0; i < 32; i++)
		p.salt[i] = i;
	return p;
}

static void test_layout(void **state)
{
	static const struct {
		uint32_t hash_block_size;
		uint64_t data_blocks;
		unsigned levels;
		uint64_t leaf_offset, top_blocks, size;
	} rows[] = {
		{ 4096, 1, 0, 0, 0, 4096 },
		{ 4096, 2, 1, 4096, 1, 8192 },
		{ 4096, 128, 1, 4096, 1, 8192 },
		{ 4096, 129, 2, 8192, 1, 16384 },
		{ 4096, 16384, 2, 8192, 1, 8192 + 128 * 4096 },
		{ 4096, 16385, 3, 16384, 1, 16384 + 129 * 4096 },
		{ 512, 1, 0, 0, 0, 512 },
		{ 512, 16, 1, 512, 1, 1024 },
		{ 512, 17, 2, 1024, 1, 2048 },
		{ 512, 2400, 3, 6144, 1, 82944 },
		/* the largest there is: 14 levels of 16 digests a block */
		{ 512, UINT64_C(1) << 53, 14, 0, 1, 0 },
		{ 1 << 20, 1 << 20, 2, 2 << 20, 1, 34 << 20 },
	};
	struct verity_layout l;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct verity_params p = params_of(512, rows[i].hash_block_size, VERITY_SALT_FIRST,
						   rows[i].data_blocks);
		assert_int_equal(verity_layout(&p, &l, &err), 0);
		assert_int_equal(l.levels, rows[i].levels);
		if (l.levels)
			assert_int_equal(l.level[l.levels - 1].blocks, rows[i].top_blocks);
		if (rows[i].size) {
			assert_int_equal(l.leaf_offset_bytes, rows[i].leaf_offset);
			assert_int_equal(l.size_bytes, rows[i].size);
		}
	}
}

static void test_layout_too_large(void **state)
{
	/* 2^54 - 1 blocks of 512 bytes still are less than 2^63 bytes */
	struct verity_params p =
		params_of(512, 1 << 20, VERITY_SALT_FIRST, (UINT64_C(1) << 54) - 1);
	struct verity_layout l = { .levels = 77 };
	struct error err;

	(void)state;
	assert_int_equal(verity_layout(&p, &l, &err), 0);
	p.data_blocks++;
	l.levels = 77;
	assert_int_equal(verity_layout(&p, &l, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(l.levels, 77);
}

struct area {
	struct verity_params params;
	struct verity_files files;
	uint8_t root[VERITY_DIGEST_BYTES];
};

static void area_free(struct area *a)
{
	(void)close(a->files.data_fd);
	(void)close(a->files.hash_fd);
}

static void area_new(struct area *a, struct verity_params params, unsigned threads)
{
	cleanup_free uint8_t *data = malloc(DATA_BYTES);
	struct verity_effort effort = { .threads = threads };
	struct verity_layout layout;
	struct error err = { 0 };

	assert_non_null(data);
	data_new(data);
	*a = (struct area){ .params = params };
	a->files.data_fd = memfd_create("data", MFD_CLOEXEC);
	a->files.hash_fd = memfd_create("hash", MFD_CLOEXEC);
	a->files.data_size = DATA_BYTES;
	assert_int_equal(pwrite_all(a->files.data_fd, data, DATA_BYTES, 0, &err), 0);
	assert_int_equal(verity_format(&a->files, &a->params, a->root, &effort, &err), 0);
	assert_int_equal(file_size(a->files.hash_fd, &a->files.hash_size, &err), 0);
	assert_int_equal(verity_layout(&a->params, &layout, &err), 0);
	assert_int_equal(a->files.hash_size, layout.size_bytes);
}

static void file_digest(int fd, uint64_t size, char text[2 * SHA256_BYTES + 1])
{
	cleanup_free uint8_t *bytes = malloc(size);
	uint8_t digest[SHA256_BYTES];
	struct error err;

	assert_non_null(bytes);
	assert_int_equal(pread_exact(fd, bytes, size, 0, &err), 0);
	assert_true(EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL));
	hex_encode(digest, sizeof(digest), text);
}

/* veritysetup format --data-block-size ... of the same data; SHA-256 of the hash file. */
static const struct {
	uint32_t data_block_size, hash_block_size;
	enum verity_hash_type type;
	uint64_t data_blocks;
	const char *root, *file;
} golden[] = {
	{ 4096, 4096, VERITY_SALT_FIRST, 300,
	  "890aeb1729272f3d635ec41990b2bd50b5a4bc3b9aa7d90f163e70d111d44046",
	  "6143369489e960be03fff13267fea5dd984e1b11f525144afc66704ab7b4aea9" },
	{ 512, 512, VERITY_SALT_FIRST, 2400,
	  "a8beba0860223dd914dbcc75c9b9ce2b875fcd75410b265710b1a870fe88df3e",
	  "79587a5d44cdc92190a7de0e6c8431c75269582c9eefd625070e8856a83195cc" },
	{ 512, 4096, VERITY_SALT_FIRST, 2400,
	  "d05c4c994d938804ed7760af7ef60e38b0fe7c93b97583717675eb135f21e3a7",
	  "082411d373af3a53c18a52e7946bcf41ee6ac5a091a66c871ffc91130002df04" },
	{ 4096, 512, VERITY_SALT_FIRST, 300,
	  "c70487fffc5af3cda184284ad5dd8c901471835bdbc3b41af6aecc2349e8e5e5",
	  "90bdaf1b4fc2359e41aa60a2001cad065c02d50dabaa431aa9a8455d06179f17" },
	{ 4096, 4096, VERITY_SALT_LAST, 300,
	  "e867e01aa81d2668fcf6fc581d27636e1056e5b122ea1c9a00d99ed505fe3abf",
	  "4ccb8afb09d2c84c58e63a0c80026e35eaa259a7ea6f96a0fad0d6352f68edd5" },
	{ 4096, 4096, VERITY_SALT_FIRST, 1,
	  "80c825e2ea0fdf930cb59e869bf0bc86a74466eb87956bb0d03c68866ae71fc1",
	  "ef5c876b9ab422cd683767dc85d3089e648c8719fa869ba8115d4a2fbe396ec6" },
	{ 1024, 512, VERITY_SALT_FIRST, 129,
	  "3b5c4fadebe21e7102c93f00b290bcd6947c59e748b373a465733b8ebec2474f",
	  "82216a3061b3b3bc3e9ba864245b7fccb51c529c621c78b62c94a6e3953578d9" },
};

static void test_golden(void **state)
{
	static const unsigned threads[] = { 1, 3 };
	char text[2 * SHA256_BYTES + 1];
	struct error err;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(golden) / sizeof(golden[0]); i++) {
		struct verity_effort effort = { .threads = threads[i % 2] };
		_Atomic(uint64_t) done = 0;
		struct area a;
		area_new(&a,
			 params_of(golden[i / 2].data_block_size, golden[i / 2].hash_block_size,
				   golden[i / 2].type, golden[i / 2].data_blocks),
			 threads[i % 2]);
		hex_encode(a.root, sizeof(a.root), text);
		assert_string_equal(text, golden[i / 2].root);
		file_digest(a.files.hash_fd, a.files.hash_size, text);
		assert_string_equal(text, golden[i / 2].file);
		effort.blocks_done = &done;
		assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), 0);
		assert_int_equal(atomic_load(&done), golden[i / 2].data_blocks);
		area_free(&a);
	}
}

/* As the builder does it: the digests are spilled past where the leaves will be, by every distance
 * at which spill and hash area overlap or just do not. */
static void test_finish_moves_the_spill_down(void **state)
{
	static const uint64_t distances[] = { 0, 32, 4096, 4128, 8192, 9600, 100000 };
	struct verity_layout layout;
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(4096, 4096, VERITY_SALT_FIRST, 300), 1);
	assert_int_equal(verity_layout(&a.params, &layout, &err), 0);
	size_t spill_bytes = verity_spill_bytes(300);
	cleanup_free uint8_t *wanted = malloc(a.files.hash_size);
	cleanup_free uint8_t *got = malloc(a.files.hash_size);
	assert_true(wanted && got);
	assert_int_equal(pread_exact(a.files.hash_fd, wanted, a.files.hash_size, 0, &err), 0);
	for (size_t i = 0; i < sizeof(distances) / sizeof(distances[0]); i++) {
		cleanup_fd int fd = memfd_create("output", MFD_CLOEXEC);
		uint64_t hash_offset = 1 << 20, size;
		struct verity_spill spill = { fd, hash_offset + layout.leaf_offset_bytes +
							  distances[i] };
		uint8_t root[VERITY_DIGEST_BYTES];
		assert_int_equal(pwrite_all(fd, wanted + layout.leaf_offset_bytes, spill_bytes,
					    spill.offset, &err),
				 0);
		assert_int_equal(
			verity_tree_finish(&spill, fd, hash_offset, &a.params, root, &size, &err),
			0);
		assert_int_equal(size, a.files.hash_size);
		assert_memory_equal(root, a.root, sizeof(root));
		assert_int_equal(pread_exact(fd, got, size, hash_offset, &err), 0);
		assert_memory_equal(got, wanted, size);
	}
	cleanup_fd int fd = memfd_create("output", MFD_CLOEXEC);
	uint8_t root[VERITY_DIGEST_BYTES];
	struct verity_spill early = { fd, layout.leaf_offset_bytes - 32 };
	assert_int_equal(verity_tree_finish(&early, fd, 0, &a.params, root, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	area_free(&a);
}

enum where { IN_DATA, IN_HASH };

static void flip(const struct area *a, enum where where, uint64_t at)
{
	int fd = where == IN_DATA ? a->files.data_fd : a->files.hash_fd;
	uint8_t byte;
	struct error err;

	assert_int_equal(pread_exact(fd, &byte, 1, at, &err), 0);
	byte ^= 0x10;
	assert_int_equal(pwrite_all(fd, &byte, 1, at, &err), 0);
}

/* 2400 blocks of 512 bytes in hash blocks of 512: level 2 at 512 (1 block), level 1 at 1024 (10
 * blocks, the last with 6 digests), level 0 at 6144 (150 blocks). */
static void test_damage_is_named(void **state)
{
	static const struct {
		enum where where;
		uint64_t at;
		const char *message;
	} rows[] = {
		{ IN_DATA, 0, "data block 0 does not match the hash tree" },
		{ IN_DATA, 511, "data block 0 does not match the hash tree" },
		{ IN_DATA, 1777 * 512 + 3, "data block 1777 does not match the hash tree" },
		{ IN_DATA, 2400 * 512 - 1, "data block 2399 does not match the hash tree" },
		{ IN_HASH, 512, "hash block 0 at level 2 does not match the root hash" },
		{ IN_HASH, 1023, "hash block 0 at level 2 does not match the root hash" },
		{ IN_HASH, 1024, "hash block 0 at level 1 does not match the hash tree" },
		{ IN_HASH, 6143, "hash block 9 at level 1 does not match the hash tree" },
		{ IN_HASH, 6144, "hash block 0 at level 0 does not match the hash tree" },
		{ IN_HASH, 6144 + 77 * 512,
		  "hash block 77 at level 0 does not match the hash tree" },
		{ IN_HASH, 82943, "hash block 149 at level 0 does not match the hash tree" },
	};
	static const unsigned threads[] = { 1, 4 };
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(512, 512, VERITY_SALT_FIRST, 2400), 2);
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		struct verity_effort effort = { .threads = threads[i % 2] };
		flip(&a, rows[i / 2].where, rows[i / 2].at);
		assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
		assert_int_equal(err.kind, ERROR_MISMATCH);
		assert_string_equal(err.text, rows[i / 2].message);
		flip(&a, rows[i / 2].where, rows[i / 2].at);
		assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), 0);
	}
	area_free(&a);
}

static void test_first_damage_wins(void **state)
{
	struct verity_effort effort = { .threads = 4 };
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(512, 4096, VERITY_SALT_FIRST, 2400), 2);
	flip(&a, IN_DATA, 2000 * 512);
	flip(&a, IN_DATA, 700 * 512);
	flip(&a, IN_DATA, 701 * 512);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
		assert_string_equal(err.text, "data block 700 does not match the hash tree");
	}
	area_free(&a);
}

static void test_wrong_root_or_salt(void **state)
{
	struct verity_effort effort = { 0 };
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(4096, 4096, VERITY_SALT_FIRST, 300), 0);
	a.params.salt[31] ^= 1;
	assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_string_equal(err.text, "hash block 0 at level 1 does not match the root hash");
	a.params.salt[31] ^= 1;
	a.root[0] ^= 1;
	assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_string_equal(err.text, "hash block 0 at level 1 does not match the root hash");
	area_free(&a);
}

/* A tree that hides a byte behind its last digest is consistent, and still refused. */
static void test_padding_must_be_zero(void **state)
{
	struct sha256_salt salt = { 0 };
	struct verity_effort effort = { 0 };
	uint8_t block[512], root[1][VERITY_DIGEST_BYTES];
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(4096, 512, VERITY_SALT_FIRST, 15), 1);
	flip(&a, IN_HASH, 512 + 15 * 32);
	salt = (struct sha256_salt){ a.params.salt, a.params.salt_size, SHA256_SALT_FIRST };
	assert_int_equal(pread_exact(a.files.hash_fd, block, sizeof(block), 512, &err), 0);
	assert_int_equal(sha256_many(&salt, block, sizeof(block), 1, root, &err), 0);
	assert_int_equal(verity_verify(&a.files, &a.params, root[0], &effort, &err), -1);
	assert_int_equal(err.kind, ERROR_MISMATCH);
	assert_string_equal(err.text, "hash block 0 at level 0 is not zero after its last digest");
	area_free(&a);
}

static void test_files_too_small(void **state)
{
	struct verity_effort effort = { 0 };
	struct error err;
	struct area a;

	(void)state;
	area_new(&a, params_of(4096, 4096, VERITY_SALT_FIRST, 300), 1);
	a.files.data_size--;
	assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.text, "data is 1228799 bytes, the superblock says 1228800");
	assert_int_equal(verity_format(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	a.files.data_size++;
	a.files.hash_size--;
	assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_string_equal(err.text, "the hash area is 20479 bytes, its tree ends at 20480");
	a.files.hash_size++;
	/* a file that shrinks after its size was asked for */
	assert_int_equal(ftruncate(a.files.data_fd, 100 * 4096), 0);
	assert_int_equal(verity_verify(&a.files, &a.params, a.root, &effort, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	area_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_layout_too_large),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_finish_moves_the_spill_down),
		cmocka_unit_test(test_damage_is_named),
		cmocka_unit_test(test_first_damage_wins),
		cmocka_unit_test(test_wrong_root_or_salt),
		cmocka_unit_test(test_padding_must_be_zero),
		cmocka_unit_test(test_files_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
