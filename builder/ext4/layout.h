// SPDX-License-Identifier: Apache-2.0
/* Where the metadata lies: how many groups and inodes the file system has, and which blocks hold
 * the inode tables, bitmaps, directories and the rest. Numbers only; nothing is written here. */
#pragma once

#include "builder/ext4/ext4.h"

enum {
	LAYOUT_GROUP_BLOCKS = 8 * EXT4_BLOCK_BYTES, /* what a block of bitmap can say */
	LAYOUT_GROUP_INODES = 8 * EXT4_BLOCK_BYTES,
	LAYOUT_INODE_BYTES = 256,
	LAYOUT_BLOCK_INODES = EXT4_BLOCK_BYTES / LAYOUT_INODE_BYTES,
};

/* What has to be placed, besides bitmaps and inode tables, which follow from it. */
struct layout_need {
	uint64_t inodes;    /* the highest number in use */
	uint64_t scattered; /* blocks that may lie anywhere */
	uint64_t runs;      /* blocks of large directories, which lie behind each other */
};

/* Consecutive blocks without content, used from `first` on. */
struct layout_space {
	uint64_t first;
	uint64_t count;     /* the last space has no end */
	uint64_t tables;    /* inode tables, first */
	uint64_t runs;      /* blocks of large directories, next: in the last space only */
	uint64_t scattered; /* single blocks, last */
	uint64_t used;      /* blocks of all three */
};

struct layout {
	uint64_t total_blocks;
	uint64_t free_blocks; /* of the total, those that stay empty */
	uint32_t groups;
	uint32_t blocks_per_group;
	uint32_t inodes_per_group;
	uint32_t table_blocks; /* of one group's inode table */
	uint32_t descriptor_bytes;
	uint32_t descriptor_blocks;
	uint64_t runs_first; /* where the large directories begin */
	struct layout_space *spaces;
	size_t space_count;
};

/* The smallest file system that holds `need`. ERROR_INPUT if it exceeds options->limit_blocks.
 * The caller frees it with layout_free(). */
int layout_make(const struct ext4_options *options, const struct layout_need *need,
		struct layout *layout, struct error *err) MUST_CHECK;
void layout_free(struct layout *layout);

/* Hands out blocks in ascending order: inode tables by layout_next_table(), single blocks by
 * layout_next_block(). A cursor serves one of the two and starts as { layout }. */
struct layout_cursor {
	const struct layout *layout;
	size_t space;
	uint64_t taken; /* in that space */
};

uint64_t layout_next_table(struct layout_cursor *cursor);
uint64_t layout_next_block(struct layout_cursor *cursor);
