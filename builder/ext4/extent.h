// SPDX-License-Identifier: Apache-2.0
/* Which blocks a file has, as extents, and the tree that holds more than four of them. Format:
 * kernel documentation, ext4, "Extent Tree". */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/emit.h"

enum {
	EXTENT_BLOCKS_MAX = 32768,
	EXTENT_ROOT_BYTES = 60, /* i_block */
	EXTENT_NODE_BYTES = 12, /* of an extent, an index entry and the header alike */
	EXTENT_ROOT_MAX = (EXTENT_ROOT_BYTES - EXTENT_NODE_BYTES) / EXTENT_NODE_BYTES,
};

struct extent {
	uint64_t block; /* in the file system */
	uint32_t file_block;
	uint32_t blocks;
};

/* The extents of one file; the array is used again for the next one. Starts zeroed. */
struct extent_list {
	struct extent *items;
	size_t count, capacity;
	uint64_t blocks; /* in all of them */
};

void extent_list_free(struct extent_list *list);
#define cleanup_extent_list CLEANUP(extent_list_free)

void extent_list_clear(struct extent_list *list);

/* `blocks` more blocks at `file_block`, behind all that the list has. */
int extent_list_add(struct extent_list *list, uint32_t file_block, uint64_t block, uint32_t blocks,
		    struct error *err) MUST_CHECK;

/* The extents of a regular file, as sink->locate() tells. */
int extent_list_fill(struct extent_list *list, const struct inode *inode,
		     const struct ext4_sink *sink, struct error *err) MUST_CHECK;

/* How many blocks the tree of `count` extents has beside its root. */
uint64_t extent_tree_blocks(size_t count);

/* Writes those blocks, and the root into i_block of inode `number`. The list is used up. */
int extent_tree_write(struct extent_list *list, ext2_filsys fs, uint32_t number,
		      uint8_t root[EXTENT_ROOT_BYTES], struct scatter *scatter, struct error *err)
	MUST_CHECK;
