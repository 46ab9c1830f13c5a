// SPDX-License-Identifier: Apache-2.0
/* SHA-256 of many equal-sized blocks at once, the way dm-verity hashes: each digest covers a salt
 * and one block.
 *
 * One message is bound by the latency of its own rounds; several messages interleaved are not, so
 * this is up to 2.3 times as fast as hashing block after block. The implementations this CPU can
 * run are checked against OpenSSL when the first hash is asked for; one that disagrees is never
 * used, and of those that agree the one that took the least time then is. All functions may be
 * called from several threads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	SHA256_BYTES = 32,
	SHA256_SALT_MAX_BYTES = 256,
	SHA256_BLOCK_MIN_BYTES = 512,
	SHA256_BLOCK_MAX_BYTES = 1 << 20,
};

/* Hash type 1 of dm-verity hashes the salt first, hash type 0 last. */
enum sha256_salt_place { SHA256_SALT_FIRST, SHA256_SALT_LAST };

struct sha256_salt {
	const uint8_t *bytes; /* borrowed; may be NULL when `size` is 0 */
	size_t size;          /* 0..SHA256_SALT_MAX_BYTES */
	enum sha256_salt_place place;
};

enum sha256_implementation {
	SHA256_FASTEST, /* of the ones below, on this CPU */
	SHA256_OPENSSL, /* always there */
	SHA256_SHA_NI,  /* x86 SHA extensions, several blocks interleaved */
	SHA256_AVX512,  /* sixteen blocks, one in each 32-bit lane */
	SHA256_IMPLEMENTATIONS,
};

/* Digest i of `digests` is that of the salt and block i of `blocks`, which holds `count` blocks of
 * `block_size` bytes one after the other. `block_size` is a multiple of 512 up to 1 MiB.
 * ERROR_SYSTEM where OpenSSL has no memory. */
int sha256_many(const struct sha256_salt *salt, const uint8_t *blocks, size_t block_size,
		size_t count, uint8_t (*digests)[SHA256_BYTES], struct error *err) MUST_CHECK;

/* The same by one implementation, for tests and benchmarks. ERROR_INPUT if it is not available. */
int sha256_many_by(enum sha256_implementation which, const struct sha256_salt *salt,
		   const uint8_t *blocks, size_t block_size, size_t count,
		   uint8_t (*digests)[SHA256_BYTES], struct error *err) MUST_CHECK;

/* This CPU can run it, and it agreed with OpenSSL. */
bool sha256_many_available(enum sha256_implementation which);

/* "openssl", "sha-ni" or "avx512"; for SHA256_FASTEST the name of the one it stands for. */
const char *sha256_many_name(enum sha256_implementation which);
