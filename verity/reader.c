// SPDX-License-Identifier: Apache-2.0
/* Nothing is trusted before its parent: a hash block that is not in the cache is read, hashed and
 * compared with its digest out of the level above, which is fetched the same way, up to the root
 * hash. Each level has a cache of its own, so that a leaf never drives out what it hangs on. */
#include "verity/reader.h"

#include <string.h>

#include "common/checked.h"
#include "common/io.h"
#include "verity/verity_private.h"

enum {
	CACHE_BYTES = 1 << 20, /* of hash blocks a level: the leaves of 128 MiB of data */
	BATCH_BLOCKS = 64, /* data blocks hashed at once: fills all lanes, digests on the stack */
};

_Static_assert((int)CACHE_BYTES >= (int)VERITY_BLOCK_MAX_BYTES, "a cache holds a block");

/* Direct-mapped: hash block n can only be in slot n % slots. */
struct cache {
	uint64_t slots;
	uint8_t *bytes;
	uint64_t *holds; /* number of the verified hash block in each slot, plus one; 0: none */
};

struct verity_reader {
	int hash_fd;
	uint64_t hash_offset;
	struct verity_params params;
	struct verity_layout layout;
	uint8_t root[VERITY_DIGEST_BYTES];
	struct cache caches[VERITY_LEVELS_MAX];
};

static int cache_new(struct cache *cache, uint64_t level_blocks, size_t block_bytes,
		     struct error *err)
{
	uint64_t slots = CACHE_BYTES / block_bytes; /* at least 1: VERITY_BLOCK_MAX_BYTES */

	cache->slots = level_blocks < slots ? level_blocks : slots;
	cache->bytes = malloc(cache->slots * block_bytes);
	cache->holds = calloc(cache->slots, sizeof(*cache->holds));
	return cache->bytes && cache->holds ? 0 : error_memory(err);
}

int verity_reader_new(int hash_fd, uint64_t hash_offset, const struct verity_params *params,
		      const uint8_t root[VERITY_DIGEST_BYTES], struct verity_reader **reader,
		      struct error *err)
{
	cleanup_verity_reader struct verity_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return error_memory(err);
	r->hash_fd = hash_fd;
	r->hash_offset = hash_offset;
	r->params = *params;
	memcpy(r->root, root, sizeof(r->root));
	if (verity_layout(params, &r->layout, err) < 0)
		return -1;
	for (unsigned i = 0; i < r->layout.levels; i++)
		if (cache_new(&r->caches[i], r->layout.level[i].blocks, params->hash_block_size,
			      err) < 0)
			return -1;
	*reader = take_ptr(r);
	return 0;
}

void verity_reader_free(struct verity_reader *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < VERITY_LEVELS_MAX; i++) {
		free(r->caches[i].bytes);
		free(r->caches[i].holds);
	}
	free(r);
}

static int trusted_digests(struct verity_reader *r, unsigned level, uint64_t index,
			   const uint8_t **digests, uint64_t *count, struct error *err);

/* Fills the slot of hash block `block` of `level`. The slot holds nothing until the block does. */
static int cache_fill(struct verity_reader *r, unsigned level, uint64_t block, struct error *err)
{
	struct cache *cache = &r->caches[level];
	struct sha256_salt salt = verity_salt(&r->params);
	size_t size = r->params.hash_block_size;
	uint64_t slot = block % cache->slots;
	uint8_t *bytes = cache->bytes + slot * size;
	uint8_t digest[1][VERITY_DIGEST_BYTES];
	const uint8_t *wanted;
	uint64_t ignored;

	if (trusted_digests(r, level + 1, block, &wanted, &ignored, err) < 0)
		return -1;
	cache->holds[slot] = 0;
	if (pread_exact(r->hash_fd, bytes, size,
			r->hash_offset + r->layout.level[level].offset_bytes + block * size,
			err) < 0)
		return error_prefix(err, "hash tree");
	if (sha256_many(&salt, bytes, size, 1, digest, err) < 0)
		return -1;
	if (verity_first_difference(digest, wanted, 1) == 0)
		return verity_hash_block_differs(block, level, &r->layout, err);
	cache->holds[slot] = block + 1;
	return 0;
}

/* The digests of what level `level` covers, from number `index` to the end of their hash block:
 * borrowed until the next call. Calls itself once for each level above. */
static int trusted_digests(struct verity_reader *r, unsigned level, uint64_t index,
			   const uint8_t **digests, uint64_t *count, struct error *err)
{
	uint64_t per_block = r->params.hash_block_size / VERITY_DIGEST_BYTES;

	if (level == r->layout.levels) {
		*digests = r->root;
		*count = 1;
		return 0;
	}
	const struct cache *cache = &r->caches[level];
	uint64_t block = index / per_block, slot = block % cache->slots;
	if (cache->holds[slot] != block + 1 && cache_fill(r, level, block, err) < 0)
		return -1;
	*digests = cache->bytes + slot * r->params.hash_block_size +
		   index % per_block * VERITY_DIGEST_BYTES;
	*count = per_block - index % per_block;
	return 0;
}

/* The first blocks of a run: as many as one hash block speaks of, at most BATCH_BLOCKS. */
static int check_batch(struct verity_reader *r, uint64_t first, uint64_t *count,
		       const uint8_t *blocks, struct error *err)
{
	struct sha256_salt salt = verity_salt(&r->params);
	uint8_t digests[BATCH_BLOCKS][VERITY_DIGEST_BYTES];
	uint64_t most = *count < BATCH_BLOCKS ? *count : BATCH_BLOCKS, there;
	const uint8_t *wanted;

	if (trusted_digests(r, 0, first, &wanted, &there, err) < 0)
		return -1;
	most = there < most ? there : most;
	if (sha256_many(&salt, blocks, r->params.data_block_size, most, digests, err) < 0)
		return -1;
	uint64_t differs = verity_first_difference(digests, wanted, most);
	if (differs < most)
		return verity_data_block_differs(first + differs, err);
	*count = most;
	return 0;
}

int verity_reader_check(struct verity_reader *r, uint64_t first_block, uint64_t count,
			const uint8_t *blocks, struct error *err)
{
	uint64_t end;

	if (!add_u64(first_block, count, &end) || end > r->params.data_blocks)
		return error_input(err, "data block %llu is past the last, %llu",
				   (unsigned long long)(first_block + count - 1),
				   (unsigned long long)(r->params.data_blocks - 1));
	while (count > 0) {
		uint64_t done = count;
		if (check_batch(r, first_block, &done, blocks, err) < 0)
			return -1;
		first_block += done;
		blocks += done * r->params.data_block_size;
		count -= done;
	}
	return 0;
}
