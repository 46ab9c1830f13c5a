// SPDX-License-Identifier: Apache-2.0
/* A directory's blocks: one with the names in order where they fit, else an htree (dir_index):
 * the root in block 0, leaves in the order of their hashes, then index nodes if one level does not
 * do. Format: kernel documentation, ext4, "Directory Entries", "Hash Tree Directories". */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/ext4.h"

enum {
	/* As many as four extents of a directory in one run can say. */
	DIRECTORY_BLOCKS_MAX = 4 * 32768,
	/* More than these lie in one run; fewer have an extent each at worst. */
	DIRECTORY_SCATTERED_MAX = 4,
};

struct hashed_name {
	uint32_t hash, minor_hash;
	const struct dirent *entry;
};

/* The plan of one directory; its arrays are used again for the next one. Starts zeroed. */
struct directory {
	const struct inode *inode;
	uint32_t blocks;
	uint32_t leaves; /* 0: one block, no index */
	uint32_t subdirectories;
	struct hashed_name *names; /* in hash order; with an index only */
	size_t name_count, name_capacity;
	size_t *leaf_starts; /* index of each leaf's first name, and name_count after the last */
	size_t leaf_capacity;
};

void directory_free(struct directory *directory);
#define cleanup_directory CLEANUP(directory_free)

/* ERROR_INPUT if the directory is larger than DIRECTORY_BLOCKS_MAX. */
int directory_plan(struct directory *directory, const struct inode *inode, const uint8_t seed[16],
		   struct error *err) MUST_CHECK;

/* Fills `block`, 4096 zero bytes, as block `index` of directory inode `number` in `parent`. */
void directory_block(const struct directory *directory, ext2_filsys fs, uint32_t number,
		     uint32_t parent, uint32_t index, uint8_t *block);
