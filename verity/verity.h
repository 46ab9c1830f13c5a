// SPDX-License-Identifier: Apache-2.0
/* dm-verity: the superblock, the hash tree, and the check of data against both.
 *
 * A hash area begins with a superblock of 512 bytes, padded with zeros to a hash block; then come
 * the levels of the hash tree, the root's first and the leaves' last. Level 0 is the leaves: the
 * digest of data block i is at byte 32 * i of it. Level n + 1 holds in the same way the digests of
 * level n's hash blocks, each level is padded with zeros to whole hash blocks, and the root hash is
 * the digest of the one block of the highest level. A single data block needs no level: its digest
 * is the root hash. Spec: cryptsetup wiki, DMVerity; kernel Documentation/admin-guide/
 * device-mapper/verity.rst. Ours: docs/format.md, "Hash partition".
 *
 * Used by the builder, which hashes the data itself while it is written, and by podseal-verity.
 * Only SHA-256 is known here. Memory use is bounded whatever the image's size. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "format/uuid.h"
#include "verity/sha256_many.h"

enum {
	VERITY_SUPERBLOCK_BYTES = 512,
	VERITY_DIGEST_BYTES = SHA256_BYTES,
	VERITY_SALT_MAX_BYTES = SHA256_SALT_MAX_BYTES,
	VERITY_BLOCK_MIN_BYTES = SHA256_BLOCK_MIN_BYTES,
	VERITY_BLOCK_MAX_BYTES = SHA256_BLOCK_MAX_BYTES,
	VERITY_LEVELS_MAX = 16, /* 16 digests in the smallest hash block, 2^63 bytes of data */
};

/* "Hash type" of the superblock: where the salt goes. */
enum verity_hash_type { VERITY_SALT_LAST = 0, VERITY_SALT_FIRST = 1 };

/* What a superblock says. */
struct verity_params {
	enum verity_hash_type hash_type;
	uint32_t data_block_size; /* bytes: a power of two, VERITY_BLOCK_MIN_BYTES to _MAX_BYTES */
	uint32_t hash_block_size; /* likewise */
	uint64_t data_blocks;     /* at least 1; all of them less than 2^63 bytes */
	size_t salt_size;
	uint8_t salt[VERITY_SALT_MAX_BYTES];
	struct uuid uuid;
};

/* The first VERITY_SUPERBLOCK_BYTES of a hash area. ERROR_INPUT, with the value found, for anything
 * that is not a superblock of version 1 with SHA-256, parameters in range and zeros in between. */
int verity_superblock_parse(const uint8_t *bytes, size_t size, struct verity_params *params,
			    struct error *err) MUST_CHECK;

/* ERROR_INPUT where verity_superblock_parse() would refuse the result. */
int verity_superblock_encode(const struct verity_params *params,
			     uint8_t superblock[VERITY_SUPERBLOCK_BYTES], struct error *err)
	MUST_CHECK;

/* Reads and parses the superblock at byte `offset` of `fd`. */
int verity_superblock_read(int fd, uint64_t offset, struct verity_params *params, struct error *err)
	MUST_CHECK;

struct verity_level {
	uint64_t offset_bytes; /* from the start of the hash area */
	uint64_t blocks;       /* hash blocks */
};

struct verity_layout {
	unsigned levels;
	struct verity_level level[VERITY_LEVELS_MAX]; /* [0] is the leaves */
	uint64_t leaf_offset_bytes;                   /* level[0]'s; 0 where there is none */
	uint64_t size_bytes;                          /* of the hash area, superblock and all */
};

/* Where each level lies. ERROR_INPUT: parameters out of range, or the hash area would end past
 * 2^63. */
int verity_layout(const struct verity_params *params, struct verity_layout *layout,
		  struct error *err) MUST_CHECK;

/* How many bytes of digests `data_blocks` data blocks have, unpadded: the spill area below. */
static inline uint64_t verity_spill_bytes(uint64_t data_blocks)
{
	return data_blocks * VERITY_DIGEST_BYTES;
}

/* Where the digests of the data blocks are kept until the tree's place is known: one after the
 * other from byte `offset` of `fd`. */
struct verity_spill {
	int fd;
	uint64_t offset;
};

/* Makes a hash area out of the data blocks' digests, from byte `hash_offset` of `hash_fd` (readable
 * and writable). It may overlap a spill area of the same file, which it then overwrites: the leaves
 * must come to lie at or before the spill, that is, hash_offset + layout.leaf_offset_bytes <=
 * spill->offset, else ERROR_INPUT. What lies in the file after the hash area is the caller's to cut
 * off. `root` receives the root hash, `size_bytes` (may be NULL) the size of the hash area. */
int verity_tree_finish(const struct verity_spill *spill, int hash_fd, uint64_t hash_offset,
		       const struct verity_params *params, uint8_t root[VERITY_DIGEST_BYTES],
		       uint64_t *size_bytes, struct error *err) MUST_CHECK;

/* Data and hash area, each a range of a file or block device (which may be the same). */
struct verity_files {
	int data_fd;
	uint64_t data_offset;
	uint64_t data_size; /* bytes there; at least what the parameters ask for */
	int hash_fd;
	uint64_t hash_offset;
	uint64_t hash_size;
};

/* How to go about it. All zeros is a good choice. */
struct verity_effort {
	unsigned threads; /* 0: one for each CPU this process may use */
	_Atomic(uint64_t)
		*blocks_done; /* counts data blocks up while it works; NULL: nobody looks */
};

/* 0 only if every data block and every hash block hold against `root`. ERROR_MISMATCH names the
 * first data block that does not, or the hash block on the way to it ("hash block 12 at level 1").
 * A hash block must have zeros after its last digest. ERROR_INPUT: the files are smaller than
 * `params` says. The superblock is not read here. */
int verity_verify(const struct verity_files *files, const struct verity_params *params,
		  const uint8_t root[VERITY_DIGEST_BYTES], const struct verity_effort *effort,
		  struct error *err) MUST_CHECK;

/* Hashes the data and writes the whole hash area to hash_fd at hash_offset (hash_size is not looked
 * at). hash_fd must be readable too. */
int verity_format(const struct verity_files *files, const struct verity_params *params,
		  uint8_t root[VERITY_DIGEST_BYTES], const struct verity_effort *effort,
		  struct error *err) MUST_CHECK;
