// SPDX-License-Identifier: Apache-2.0
#include "verity/sha256_many.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "common/cleanup.h"
#include "common/disk.h"
#include "verity/sha256_lanes.h"

const uint32_t sha256_round_constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static const uint32_t initial_state[SHA256_STATE_WORDS] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

struct implementation {
	const char *name;
	size_t lanes;
	bool (*supported)(void);
	sha256_compress *compress; /* NULL: OpenSSL */
};

static bool always(void)
{
	return true;
}

static const struct implementation implementations[SHA256_IMPLEMENTATIONS] = {
	[SHA256_OPENSSL] = { "openssl", 1, always, NULL },
#if defined(__x86_64__)
	[SHA256_SHA_NI] = { "sha-ni", SHA256_SHA_NI_LANES, sha256_sha_ni_supported, sha256_sha_ni },
	[SHA256_AVX512] = { "avx512", SHA256_AVX512_LANES, sha256_avx512_supported, sha256_avx512 },
#endif
};

/* Set once by choose() and constant from then on. */
static struct {
	EVP_MD *sha256;
	bool available[SHA256_IMPLEMENTATIONS];
	enum sha256_implementation fastest; /* for many blocks */
	enum sha256_implementation single;  /* for a few */
} chosen;

static void cleanup_md_ctx_p(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}
#define cleanup_md_ctx __attribute__((cleanup(cleanup_md_ctx_p)))

static int hash_by_openssl(const struct sha256_salt *salt, const uint8_t *blocks, size_t block_size,
			   size_t count, uint8_t (*digests)[SHA256_BYTES], struct error *err)
{
	bool first = salt->place == SHA256_SALT_FIRST;
	cleanup_md_ctx EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (!EVP_DigestInit_ex2(ctx, chosen.sha256, NULL) ||
		    (first && !EVP_DigestUpdate(ctx, salt->bytes, salt->size)) ||
		    !EVP_DigestUpdate(ctx, blocks + i * block_size, block_size) ||
		    (!first && !EVP_DigestUpdate(ctx, salt->bytes, salt->size)) ||
		    !EVP_DigestFinal_ex(ctx, digests[i], NULL))
			return error_crypto(err, "hashing a block");
	}
	return 0;
}

/* How a message of salt and block falls into 64-byte chunks: whole chunks of salt, one chunk that
 * begins with the rest of the salt (if there is any), chunks that are read from the block where it
 * lies, and the tail: rest of the block, salt that comes last, padding (FIPS 180-4, section 5.1.1).
 */
struct shape {
	uint32_t state[SHA256_STATE_WORDS]; /* after the whole chunks of salt */
	const uint8_t *head_salt;
	size_t head_salt_bytes;
	size_t head_block_bytes;
	size_t whole_chunks;
	size_t rest_bytes;
	size_t tail_chunks;
	uint64_t message_bits;
};

enum {
	TAIL_MAX_BYTES =
		(SHA256_CHUNK_BYTES - 1 + SHA256_SALT_MAX_BYTES + 9 + SHA256_CHUNK_BYTES - 1) /
		SHA256_CHUNK_BYTES * SHA256_CHUNK_BYTES,
};

static struct shape shape_of(const struct sha256_salt *salt, size_t block_size,
			     sha256_compress *compress)
{
	struct shape s = { .message_bits = 8 * (uint64_t)(salt->size + block_size) };
	size_t salt_first = salt->place == SHA256_SALT_FIRST ? salt->size : 0;
	size_t salt_last = salt->size - salt_first;

	memcpy(s.state, initial_state, sizeof(s.state));
	s.head_salt_bytes = salt_first % SHA256_CHUNK_BYTES;
	if (salt_first >= SHA256_CHUNK_BYTES)
		compress(&s.state, &salt->bytes, 1, salt_first / SHA256_CHUNK_BYTES);
	if (s.head_salt_bytes) {
		s.head_salt = salt->bytes + salt_first - s.head_salt_bytes;
		s.head_block_bytes = SHA256_CHUNK_BYTES - s.head_salt_bytes;
	}
	s.whole_chunks = (block_size - s.head_block_bytes) / SHA256_CHUNK_BYTES;
	s.rest_bytes = (block_size - s.head_block_bytes) % SHA256_CHUNK_BYTES;
	s.tail_chunks =
		(s.rest_bytes + salt_last + 9 + SHA256_CHUNK_BYTES - 1) / SHA256_CHUNK_BYTES;
	return s;
}

static void fill_tail(const struct shape *s, const struct sha256_salt *salt, const uint8_t *rest,
		      uint8_t *tail)
{
	size_t n = s->rest_bytes, end = s->tail_chunks * SHA256_CHUNK_BYTES;
	be64 bits = be64_put(s->message_bits);

	memcpy(tail, rest, n);
	if (salt->place == SHA256_SALT_LAST && salt->size) {
		memcpy(tail + n, salt->bytes, salt->size);
		n += salt->size;
	}
	tail[n++] = 0x80;
	memset(tail + n, 0, end - sizeof(bits) - n);
	memcpy(tail + end - sizeof(bits), &bits, sizeof(bits));
}

/* At most as many blocks as the implementation has lanes. */
static void hash_lanes(const struct shape *s, const struct sha256_salt *salt,
		       sha256_compress *compress, const uint8_t *blocks, size_t block_size,
		       size_t lanes, uint8_t (*digests)[SHA256_BYTES])
{
	uint32_t state[SHA256_LANES_MAX][SHA256_STATE_WORDS];
	uint8_t head[SHA256_LANES_MAX][SHA256_CHUNK_BYTES];
	uint8_t tail[SHA256_LANES_MAX][TAIL_MAX_BYTES];
	const uint8_t *heads[SHA256_LANES_MAX] = { 0 };
	const uint8_t *wholes[SHA256_LANES_MAX] = { 0 };
	const uint8_t *tails[SHA256_LANES_MAX] = { 0 };

	for (size_t i = 0; i < lanes; i++) {
		const uint8_t *block = blocks + i * block_size;
		memcpy(state[i], s->state, sizeof(s->state));
		if (s->head_salt_bytes) {
			memcpy(head[i], s->head_salt, s->head_salt_bytes);
			memcpy(head[i] + s->head_salt_bytes, block, s->head_block_bytes);
		}
		heads[i] = head[i];
		wholes[i] = block + s->head_block_bytes;
		fill_tail(s, salt, block + block_size - s->rest_bytes, tail[i]);
		tails[i] = tail[i];
	}
	if (s->head_salt_bytes)
		compress(state, heads, lanes, 1);
	compress(state, wholes, lanes, s->whole_chunks);
	compress(state, tails, lanes, s->tail_chunks);
	for (size_t i = 0; i < lanes; i++) {
		for (size_t j = 0; j < SHA256_STATE_WORDS; j++) {
			be32 word = be32_put(state[i][j]);
			memcpy(digests[i] + sizeof(word) * j, &word, sizeof(word));
		}
	}
}

static int hash_by(enum sha256_implementation which, const struct sha256_salt *salt,
		   const uint8_t *blocks, size_t block_size, size_t count,
		   uint8_t (*digests)[SHA256_BYTES], struct error *err)
{
	const struct implementation *by = &implementations[which];

	if (!by->compress)
		return hash_by_openssl(salt, blocks, block_size, count, digests, err);
	struct shape s = shape_of(salt, block_size, by->compress);
	for (size_t i = 0; i < count; i += by->lanes) {
		size_t lanes = count - i < by->lanes ? count - i : by->lanes;
		hash_lanes(&s, salt, by->compress, blocks + i * block_size, block_size, lanes,
			   digests + i);
	}
	return 0;
}

/* --- choosing, once ------------------------------------------------------------------------------
 */

enum { TRIAL_BLOCKS = 16, TRIAL_BLOCK_BYTES = 4096, TRIAL_ROUNDS = 4 };

struct trial {
	uint8_t blocks[TRIAL_BLOCKS * TRIAL_BLOCK_BYTES];
	uint8_t wanted[TRIAL_BLOCKS][SHA256_BYTES];
	uint8_t got[TRIAL_BLOCKS][SHA256_BYTES];
};

/* Salts on both sides of a chunk's and of the padding's edges, either place, and every count of
 * lanes in use. */
static bool agrees_with_openssl(enum sha256_implementation which, struct trial *t)
{
	static const size_t salt_sizes[] = { 0, 32, 55, 56, 64, 100, 256 };
	struct error err;

	for (size_t i = 0; i < 2 * sizeof(salt_sizes) / sizeof(salt_sizes[0]); i++) {
		struct sha256_salt salt = { t->blocks + 7, salt_sizes[i / 2],
					    i % 2 ? SHA256_SALT_LAST : SHA256_SALT_FIRST };
		if (hash_by(SHA256_OPENSSL, &salt, t->blocks, 512, TRIAL_BLOCKS, t->wanted, &err) <
		    0)
			return false;
		for (size_t count = 1; count <= TRIAL_BLOCKS; count++) {
			memset(t->got, 0, sizeof(t->got));
			if (hash_by(which, &salt, t->blocks, 512, count, t->got, &err) < 0 ||
			    memcmp(t->got, t->wanted, count * SHA256_BYTES) != 0)
				return false;
		}
	}
	return true;
}

/* Nanoseconds for `count` blocks, the best of a few rounds: the first ones pay for cold caches and
 * for the core's switch to wide registers. */
static uint64_t time_of(enum sha256_implementation which, size_t count, struct trial *t)
{
	struct sha256_salt salt = { t->blocks, 32, SHA256_SALT_FIRST };
	uint64_t best = UINT64_MAX;
	struct error err;

	for (int i = 0; i < TRIAL_ROUNDS; i++) {
		struct timespec from, to;
		(void)clock_gettime(CLOCK_MONOTONIC, &from);
		if (hash_by(which, &salt, t->blocks, TRIAL_BLOCK_BYTES, count, t->got, &err) < 0)
			return UINT64_MAX;
		(void)clock_gettime(CLOCK_MONOTONIC, &to);
		uint64_t took = (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000u +
				(uint64_t)to.tv_nsec - (uint64_t)from.tv_nsec;
		best = took < best ? took : best;
	}
	return best;
}

static enum sha256_implementation fastest_for(size_t count, struct trial *t)
{
	enum sha256_implementation fastest = SHA256_OPENSSL;
	uint64_t least = UINT64_MAX;

	for (int i = SHA256_OPENSSL; i < SHA256_IMPLEMENTATIONS; i++) {
		uint64_t took = chosen.available[i]
					? time_of((enum sha256_implementation)i, count, t)
					: UINT64_MAX;
		if (took < least) {
			least = took;
			fastest = (enum sha256_implementation)i;
		}
	}
	return fastest;
}

static void choose(void)
{
	cleanup_free struct trial *t = malloc(sizeof(*t));

	chosen.fastest = chosen.single = SHA256_OPENSSL;
	chosen.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	chosen.available[SHA256_OPENSSL] = chosen.sha256 != NULL;
	if (!t || !chosen.sha256)
		return;
	for (size_t i = 0; i < sizeof(t->blocks); i++)
		t->blocks[i] = (uint8_t)(i * 2654435761u >> 13);
	for (int i = SHA256_OPENSSL + 1; i < SHA256_IMPLEMENTATIONS; i++)
		chosen.available[i] = implementations[i].supported &&
				      implementations[i].supported() &&
				      agrees_with_openssl((enum sha256_implementation)i, t);
	chosen.fastest = fastest_for(TRIAL_BLOCKS, t);
	chosen.single = fastest_for(1, t);
}

static void choose_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, choose);
}

bool sha256_many_available(enum sha256_implementation which)
{
	choose_once();
	return chosen.available[which == SHA256_FASTEST ? SHA256_OPENSSL : which];
}

const char *sha256_many_name(enum sha256_implementation which)
{
	choose_once();
	return implementations[which == SHA256_FASTEST ? chosen.fastest : which].name;
}

/* --- what others call ----------------------------------------------------------------------------
 */

static bool block_size_valid(size_t size)
{
	return size >= SHA256_BLOCK_MIN_BYTES && size <= SHA256_BLOCK_MAX_BYTES &&
	       size % SHA256_BLOCK_MIN_BYTES == 0;
}

int sha256_many_by(enum sha256_implementation which, const struct sha256_salt *salt,
		   const uint8_t *blocks, size_t block_size, size_t count,
		   uint8_t (*digests)[SHA256_BYTES], struct error *err)
{
	assert(block_size_valid(block_size) && salt->size <= SHA256_SALT_MAX_BYTES);
	if (!sha256_many_available(which))
		return error_input(err, "SHA-256 by %s is not available here",
				   implementations[which].name ? implementations[which].name
							       : "other means");
	if (which != SHA256_FASTEST)
		return hash_by(which, salt, blocks, block_size, count, digests, err);

	/* a batch that leaves most lanes empty is faster by the other one */
	size_t lanes = implementations[chosen.fastest].lanes;
	size_t rest = count % lanes;
	size_t many = rest * 3 < lanes * 2 ? count - rest : count;
	if (hash_by(chosen.fastest, salt, blocks, block_size, many, digests, err) < 0)
		return -1;
	return hash_by(chosen.single, salt, blocks + many * block_size, block_size, count - many,
		       digests + many, err);
}

int sha256_many(const struct sha256_salt *salt, const uint8_t *blocks, size_t block_size,
		size_t count, uint8_t (*digests)[SHA256_BYTES], struct error *err)
{
	return sha256_many_by(SHA256_FASTEST, salt, blocks, block_size, count, digests, err);
}
