// SPDX-License-Identifier: Apache-2.0
/* Top down, and nothing is trusted before its parent: each level has a window, a run of hash blocks
 * that were read once and compared with digests out of the window above, which holds because of the
 * one above it, up to the root hash. Data blocks are asked for in order, so the windows only move
 * forwards, and one window a level is all the memory there is. Handing out a run of data blocks
 * with their digests happens under a lock and costs about one part in 128 of the hashing, which the
 * workers do side by side. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "verity/data.h"
#include "verity/verity.h"
#include "verity/verity_private.h"

/* Enough 4096-byte hash blocks to fill all lanes of sha256_many(). */
enum { WINDOW_BYTES = 64 << 10 };

struct window {
	uint8_t *bytes;
	uint8_t (*digests)[VERITY_DIGEST_BYTES]; /* of its blocks, as computed */
	uint64_t capacity;                       /* the rest is in hash blocks */
	uint64_t first;
	uint64_t blocks;
};

struct verify {
	const struct verity_files *files;
	const struct verity_params *params;
	const uint8_t *root;
	struct verity_layout layout;
	struct verity_data data;
	_Atomic(uint64_t) *blocks_done;

	pthread_mutex_t lock; /* of all below */
	struct window windows[VERITY_LEVELS_MAX];
	uint64_t next;    /* the data block to hand out next; data_blocks when there is no more */
	uint64_t failed;  /* the lowest data block that could not be verified; UINT64_MAX: none */
	struct error err; /* why not */
};

static void windows_free(struct verify *v)
{
	for (unsigned i = 0; i < v->layout.levels; i++) {
		free(v->windows[i].bytes);
		free(v->windows[i].digests);
	}
}

static int windows_new(struct verify *v, struct error *err)
{
	size_t block = v->params->hash_block_size;

	for (unsigned i = 0; i < v->layout.levels; i++) {
		struct window *w = &v->windows[i];
		uint64_t most = v->layout.level[i].blocks;
		w->capacity = block < WINDOW_BYTES ? WINDOW_BYTES / block : 1;
		w->capacity = most < w->capacity ? most : w->capacity;
		w->bytes = malloc(w->capacity * block);
		w->digests = malloc(w->capacity * VERITY_DIGEST_BYTES);
		if (!w->bytes || !w->digests)
			return error_memory(err);
	}
	return 0;
}

static int trusted_digests(struct verify *v, unsigned level, uint64_t index, uint64_t most,
			   const uint8_t **digests, uint64_t *count, struct error *err);

/* How many digests level `level` holds. */
static uint64_t digests_in(const struct verify *v, unsigned level)
{
	return level ? v->layout.level[level - 1].blocks : v->params->data_blocks;
}

/* What follows the last digest of a level takes part in its block's digest, so this is no matter of
 * trust; but no writer of hash trees leaves anything there, and veritysetup refuses it too. */
static int check_padding(const struct verify *v, unsigned level, struct error *err)
{
	const struct window *w = &v->windows[level];
	uint64_t used =
		digests_in(v, level) * VERITY_DIGEST_BYTES - w->first * v->params->hash_block_size;

	if (w->first + w->blocks < v->layout.level[level].blocks ||
	    is_zero(w->bytes + used, w->blocks * v->params->hash_block_size - used))
		return 0;
	return error_mismatch(err, "hash block %llu at level %u is not zero after its last digest",
			      (unsigned long long)(v->layout.level[level].blocks - 1), level);
}

/* Moves the window of `level` to begin with hash block `first`, as far as the window above
 * reaches. */
static int window_move(struct verify *v, unsigned level, uint64_t first, struct error *err)
{
	struct window *w = &v->windows[level];
	struct sha256_salt salt = verity_salt(v->params);
	size_t block = v->params->hash_block_size;
	uint64_t left = v->layout.level[level].blocks - first;
	const uint8_t *wanted;
	uint64_t count;

	if (trusted_digests(v, level + 1, first, left < w->capacity ? left : w->capacity, &wanted,
			    &count, err) < 0)
		return -1;
	w->blocks = 0;
	if (pread_exact(v->files->hash_fd, w->bytes, count * block,
			v->files->hash_offset + v->layout.level[level].offset_bytes + first * block,
			err) < 0)
		return error_prefix(err, "hash tree");
	if (sha256_many(&salt, w->bytes, block, count, w->digests, err) < 0)
		return -1;
	uint64_t differs = verity_first_difference(w->digests, wanted, count);
	if (differs < count)
		return verity_hash_block_differs(first + differs, level, &v->layout, err);
	w->first = first;
	w->blocks = count;
	return check_padding(v, level, err);
}

/* Up to `most` digests of what level `level` covers, from number `index` on: borrowed from its
 * window, until that moves. Calls itself once for each level above. */
static int trusted_digests(struct verify *v, unsigned level, uint64_t index, uint64_t most,
			   const uint8_t **digests, uint64_t *count, struct error *err)
{
	uint64_t per_block = v->params->hash_block_size / VERITY_DIGEST_BYTES;

	if (level == v->layout.levels) {
		*digests = v->root;
		*count = 1;
		return 0;
	}
	const struct window *w = &v->windows[level];
	uint64_t block = index / per_block;
	if ((block < w->first || block >= w->first + w->blocks) &&
	    window_move(v, level, block, err) < 0)
		return -1;
	uint64_t there = (w->first + w->blocks) * per_block - index;
	*digests = w->bytes + (index - w->first * per_block) * VERITY_DIGEST_BYTES;
	*count = most < there ? most : there;
	return 0;
}

/* --- workers -------------------------------------------------------------------------------------
 */

/* A run of data blocks and what their digests must be. */
struct unit {
	uint64_t first;
	uint64_t count;
	uint8_t *buf;
	uint8_t *wanted;
	uint8_t (*digests)[VERITY_DIGEST_BYTES];
};

/* Units are handed out in order, so when one fails all before it are finished or in some worker's
 * hands: the lowest failure is the first one in the image, whatever the number of threads. */
static void fail_locked(struct verify *v, uint64_t data_block, const struct error *err)
{
	v->next = v->params->data_blocks;
	if (data_block < v->failed) {
		v->failed = data_block;
		v->err = *err;
	}
}

static void fail(struct verify *v, uint64_t data_block, const struct error *err)
{
	(void)pthread_mutex_lock(&v->lock);
	fail_locked(v, data_block, err);
	(void)pthread_mutex_unlock(&v->lock);
}

/* False when there is nothing more to do. */
static bool next_unit(struct verify *v, struct unit *u)
{
	uint64_t blocks = v->params->data_blocks, most = verity_unit_blocks(v->params);
	const uint8_t *digests;
	struct error err;
	bool more = false;

	(void)pthread_mutex_lock(&v->lock);
	u->first = v->next;
	if (u->first < blocks) {
		most = blocks - u->first < most ? blocks - u->first : most;
		more = trusted_digests(v, 0, u->first, most, &digests, &u->count, &err) == 0;
		if (more) {
			memcpy(u->wanted, digests, u->count * VERITY_DIGEST_BYTES);
			v->next += u->count;
		} else {
			fail_locked(v, u->first, &err);
		}
	}
	(void)pthread_mutex_unlock(&v->lock);
	return more;
}

/* Where it fails, `at` is the data block at fault. */
static int verify_unit(struct verify *v, struct unit *u, uint64_t *at, struct error *err)
{
	struct sha256_salt salt = verity_salt(v->params);
	size_t block = v->params->data_block_size;
	const uint8_t *data;

	*at = u->first;
	if (verity_data_take(&v->data, u->first * block, u->count * block, u->buf, &data, err) < 0)
		return -1;
	int hashed = sha256_many(&salt, data, block, u->count, u->digests, err);
	verity_data_give_back(&v->data, u->count * block);
	if (hashed < 0)
		return -1;
	uint64_t differs = verity_first_difference(u->digests, u->wanted, u->count);
	if (differs == u->count)
		return 0;
	*at = u->first + differs;
	return verity_data_block_differs(*at, err);
}

static void *verify_work(void *context)
{
	struct verify *v = context;
	uint64_t most = verity_unit_blocks(v->params);
	cleanup_free uint8_t *buf = malloc(most * v->params->data_block_size);
	cleanup_free uint8_t *wanted = malloc(most * VERITY_DIGEST_BYTES);
	cleanup_free uint8_t(*digests)[VERITY_DIGEST_BYTES] = malloc(most * VERITY_DIGEST_BYTES);
	struct unit u = { .buf = buf, .wanted = wanted, .digests = digests };
	struct error err;
	uint64_t at;

	if (!buf || !wanted || !digests) {
		(void)error_memory(&err);
		fail(v, 0, &err);
		return NULL;
	}
	while (next_unit(v, &u)) {
		if (verify_unit(v, &u, &at, &err) < 0) {
			fail(v, at, &err);
			return NULL;
		}
		if (v->blocks_done)
			atomic_fetch_add(v->blocks_done, u.count);
	}
	return NULL;
}

static int check_sizes(const struct verify *v, struct error *err)
{
	uint64_t data_size = v->params->data_blocks * v->params->data_block_size;

	if (v->files->data_size < data_size)
		return error_input(err, "data is %llu bytes, the superblock says %llu",
				   (unsigned long long)v->files->data_size,
				   (unsigned long long)data_size);
	if (v->files->hash_size < v->layout.size_bytes)
		return error_input(err, "the hash area is %llu bytes, its tree ends at %llu",
				   (unsigned long long)v->files->hash_size,
				   (unsigned long long)v->layout.size_bytes);
	return 0;
}

int verity_verify(const struct verity_files *files, const struct verity_params *params,
		  const uint8_t root[VERITY_DIGEST_BYTES], const struct verity_effort *effort,
		  struct error *err)
{
	struct verify v = { .files = files,
			    .params = params,
			    .root = root,
			    .blocks_done = effort->blocks_done,
			    .failed = UINT64_MAX };

	if (verity_layout(params, &v.layout, err) < 0 || check_sizes(&v, err) < 0)
		return -1;
	if (pthread_mutex_init(&v.lock, NULL) != 0)
		return error_memory(err);
	int made = windows_new(&v, err);
	if (made == 0) {
		verity_data_open(files, params->data_blocks * params->data_block_size, &v.data);
		verity_run_workers(effort->threads, verify_work, &v);
		verity_data_close(&v.data);
	}
	windows_free(&v);
	(void)pthread_mutex_destroy(&v.lock);
	if (made < 0)
		return -1;
	if (v.failed != UINT64_MAX) {
		*err = v.err;
		return -1;
	}
	return 0;
}
