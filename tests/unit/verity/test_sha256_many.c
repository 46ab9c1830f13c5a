// SPDX-License-Identifier: Apache-2.0
/* Every implementation this CPU has, against OpenSSL's one-shot SHA-256. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "verity/sha256_many.h"

enum { BLOCKS = 37 }; /* two batches of sixteen lanes and some */

static const size_t block_sizes[] = { 512, 1024, 1536, 4096, 65536 };
/* every way to fill lanes of four and sixteen */
static const size_t counts[] = { 0, 1, 2, 3, 4, 10, 11, 15, 16, 18, 27, 32, BLOCKS };
static const size_t salt_sizes[] = { 0, 1, 20, 32, 55, 56, 63, 64, 65, 100, 128, 255, 256 };

static void fill(uint8_t *bytes, size_t size)
{
	uint32_t x = 0x9e3779b9;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = (uint8_t)x;
	}
}

static void wanted_digest(const struct sha256_salt *salt, const uint8_t *block, size_t block_size,
			  uint8_t digest[SHA256_BYTES])
{
	cleanup_free uint8_t *message = malloc(salt->size + block_size);
	bool first = salt->place == SHA256_SALT_FIRST;

	assert_non_null(message);
	memcpy(message + (first ? 0 : block_size), salt->bytes, salt->size);
	memcpy(message + (first ? salt->size : 0), block, block_size);
	assert_true(EVP_Digest(message, salt->size + block_size, digest, NULL, EVP_sha256(), NULL));
}

static void check(enum sha256_implementation which, const struct sha256_salt *salt,
		  size_t block_size)
{
	/* one byte off alignment, and ending where the allocation ends */
	cleanup_free uint8_t *memory = malloc(1 + BLOCKS * block_size);
	uint8_t got[BLOCKS + 1][SHA256_BYTES], wanted[BLOCKS][SHA256_BYTES];
	uint8_t *blocks = memory + 1;
	struct error err;

	assert_non_null(memory);
	fill(blocks, BLOCKS * block_size);
	for (size_t i = 0; i < BLOCKS; i++)
		wanted_digest(salt, blocks + i * block_size, block_size, wanted[i]);
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		size_t count = counts[c];
		const uint8_t *from = blocks + (BLOCKS - count) * block_size;
		memset(got, 0xee, sizeof(got));
		assert_int_equal(sha256_many_by(which, salt, from, block_size, count, got, &err),
				 0);
		if (memcmp(got, wanted[BLOCKS - count], count * SHA256_BYTES) != 0)
			fail_msg("%s: %zu blocks of %zu bytes, salt of %zu, place %d",
				 sha256_many_name(which), count, block_size, salt->size,
				 (int)salt->place);
		assert_int_equal(got[count][0], 0xee); /* and not a digest more */
	}
}

static void test_against_openssl(void **state)
{
	uint8_t bytes[SHA256_SALT_MAX_BYTES];

	(void)state;
	fill(bytes, sizeof(bytes));
	for (int which = SHA256_FASTEST; which < SHA256_IMPLEMENTATIONS; which++) {
		if (!sha256_many_available((enum sha256_implementation)which))
			continue;
		for (size_t b = 0; b < sizeof(block_sizes) / sizeof(block_sizes[0]); b++) {
			for (size_t s = 0; s < sizeof(salt_sizes) / sizeof(salt_sizes[0]); s++) {
				struct sha256_salt salt = { bytes, salt_sizes[s],
							    SHA256_SALT_FIRST };
				check((enum sha256_implementation)which, &salt, block_sizes[b]);
				salt.place = SHA256_SALT_LAST;
				check((enum sha256_implementation)which, &salt, block_sizes[b]);
			}
		}
	}
}

/* 512 zero bytes: `head -c 512 /dev/zero | sha256sum`. */
static void test_known_digest(void **state)
{
	static const uint8_t zeros[512];
	struct sha256_salt none = { 0 };
	uint8_t digest[1][SHA256_BYTES];
	char text[2 * SHA256_BYTES + 1];
	struct error err;

	(void)state;
	for (int which = SHA256_FASTEST; which < SHA256_IMPLEMENTATIONS; which++) {
		if (!sha256_many_available((enum sha256_implementation)which))
			continue;
		assert_int_equal(sha256_many_by((enum sha256_implementation)which, &none, zeros,
						sizeof(zeros), 1, digest, &err),
				 0);
		hex_encode(digest[0], sizeof(digest[0]), text);
		assert_string_equal(
			text, "076a27c79e5ace2a3d47f9dd2e83e4ff6ea8872b3c2218f66c92b89b55f36560");
	}
}

static void test_openssl_is_always_there(void **state)
{
	(void)state;
	assert_true(sha256_many_available(SHA256_OPENSSL));
	assert_true(sha256_many_available(SHA256_FASTEST));
	assert_string_equal(sha256_many_name(SHA256_OPENSSL), "openssl");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssl_is_always_there),
		cmocka_unit_test(test_known_digest),
		cmocka_unit_test(test_against_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
