// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "verity/verity.h"
#include "verity/verity_private.h"

int verity_layout(const struct verity_params *params, struct verity_layout *layout,
		  struct error *err)
{
	struct verity_layout l = { 0 };
	uint64_t per_block = params->hash_block_size / VERITY_DIGEST_BYTES;

	if (verity_params_check(params, err) < 0)
		return -1;
	/* at least 16 digests in a hash block and fewer than 2^54 data blocks: 14 levels at most */
	for (uint64_t digests = params->data_blocks; digests > 1;) {
		digests = div_up_u64(digests, per_block);
		l.level[l.levels++].blocks = digests;
	}
	uint64_t at = VERITY_SUPERBLOCK_BYTES;
	bool fits = round_up_u64(at, params->hash_block_size, &at);
	for (unsigned i = l.levels; i-- > 0;) {
		uint64_t bytes;
		l.level[i].offset_bytes = l.leaf_offset_bytes = at;
		fits = fits && mul_u64(l.level[i].blocks, params->hash_block_size, &bytes) &&
		       add_u64(at, bytes, &at);
	}
	if (!fits || at > INT64_MAX)
		return error_input(err, "the hash tree of %llu data blocks is too large",
				   (unsigned long long)params->data_blocks);
	l.size_bytes = at;
	*layout = l;
	return 0;
}

/* The superblock, and zeros up to where the first level begins. */
static int write_superblock(int fd, uint64_t hash_offset, const struct verity_params *params,
			    struct error *err)
{
	size_t size = params->hash_block_size;
	cleanup_free uint8_t *block = calloc(1, size);

	if (!block)
		return error_memory(err);
	if (verity_superblock_encode(params, block, err) < 0)
		return -1;
	return pwrite_all(fd, block, size, hash_offset, err);
}

/* A level on its way into the file: its digests are read where they lie, written where they belong,
 * and the digests of its hash blocks go where the level above will read them. */
struct pass {
	int from_fd;
	uint64_t from; /* byte of the first digest there */
	uint64_t digests;
	uint64_t to;    /* byte of the level's first hash block, at or before `from` */
	uint64_t above; /* byte of the level above, unless this is the highest */
};

/* A multiple of any hash block size. */
enum { PASS_BYTES = VERITY_BLOCK_MAX_BYTES };

/* Forwards through a buffer: a digest has been read before anything is written over it. `top`
 * receives the last hash block's digest, which for the highest level is the root hash. */
static int run_pass(int fd, const struct pass *pass, const struct verity_params *params,
		    uint8_t top[VERITY_DIGEST_BYTES], struct error *err)
{
	struct sha256_salt salt = verity_salt(params);
	size_t block = params->hash_block_size;
	uint64_t left = pass->digests * VERITY_DIGEST_BYTES;
	cleanup_free uint8_t *buf = malloc(PASS_BYTES);
	cleanup_free uint8_t(*out)[VERITY_DIGEST_BYTES] =
		malloc(PASS_BYTES / block * VERITY_DIGEST_BYTES);
	uint64_t above = pass->above;

	if (!buf || !out)
		return error_memory(err);
	for (uint64_t done = 0; left;) {
		size_t used = left < PASS_BYTES ? (size_t)left : PASS_BYTES;
		size_t blocks = (used + block - 1) / block;
		if (pread_exact(pass->from_fd, buf, used, pass->from + done, err) < 0)
			return -1;
		memset(buf + used, 0, blocks * block - used);
		if (sha256_many(&salt, buf, block, blocks, out, err) < 0 ||
		    pwrite_all(fd, buf, blocks * block, pass->to + done, err) < 0)
			return -1;
		memcpy(top, out[blocks - 1], VERITY_DIGEST_BYTES);
		if (above && pwrite_all(fd, out, blocks * VERITY_DIGEST_BYTES, above, err) < 0)
			return -1;
		above += above ? blocks * VERITY_DIGEST_BYTES : 0;
		done += used;
		left -= used;
	}
	return 0;
}

int verity_tree_finish(const struct verity_spill *spill, int fd, uint64_t hash_offset,
		       const struct verity_params *params, uint8_t root[VERITY_DIGEST_BYTES],
		       uint64_t *size_bytes, struct error *err)
{
	struct verity_layout layout;
	uint8_t top[VERITY_DIGEST_BYTES];
	uint64_t leaves, end;

	if (verity_layout(params, &layout, err) < 0)
		return -1;
	if (!add_u64(hash_offset, layout.leaf_offset_bytes, &leaves) ||
	    !add_u64(hash_offset, layout.size_bytes, &end) || end > INT64_MAX)
		return error_input(err, "the hash area would end past 2^63");
	if (spill->fd == fd && leaves > spill->offset)
		return error_input(err, "the spill area at byte %llu is before the leaves at %llu",
				   (unsigned long long)spill->offset, (unsigned long long)leaves);
	/* without levels the one digest is the root, and the superblock may overwrite it */
	if (pread_exact(spill->fd, top, sizeof(top), spill->offset, err) < 0 ||
	    write_superblock(fd, hash_offset, params, err) < 0)
		return -1;
	struct pass pass = {
		.from_fd = spill->fd,
		.from = spill->offset,
		.digests = params->data_blocks,
	};
	for (unsigned i = 0; i < layout.levels; i++) {
		bool highest = i + 1 == layout.levels;
		pass.to = hash_offset + layout.level[i].offset_bytes;
		pass.above = highest ? 0 : hash_offset + layout.level[i + 1].offset_bytes;
		if (run_pass(fd, &pass, params, top, err) < 0)
			return -1;
		pass.from_fd = fd;
		pass.from = pass.above;
		pass.digests = layout.level[i].blocks;
	}
	memcpy(root, top, sizeof(top));
	if (size_bytes)
		*size_bytes = layout.size_bytes;
	return 0;
}
