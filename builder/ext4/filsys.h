// SPDX-License-Identifier: Apache-2.0
/* The file system that is being written, as libext2fs sees it: superblock and group descriptors in
 * memory, for its accessors and checksums.
 *
 * It is filled in here and not by ext2fs_initialize(), which drops a short last group, reads the
 * clock and the environment, and needs a device. */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/ext4.h"
#include "builder/ext4/layout.h"

/* Features that depend on what the files are. */
struct filsys_features {
	bool large_file; /* a file of 2 GiB or more */
	bool huge_file;  /* a file with 2 TiB or more in blocks */
};

struct filsys {
	struct struct_ext2_filsys fs;
	struct ext2_super_block super;
};

/* `filsys` must not move afterwards, since fs points to super. Release with filsys_free(). */
int filsys_init(struct filsys *filsys, const struct layout *layout,
		const struct ext4_options *options, const struct filsys_features *features,
		struct error *err) MUST_CHECK;
void filsys_free(struct filsys *filsys);
#define cleanup_filsys CLEANUP(filsys_free)

/* Places the inode tables, and writes the bitmaps for inodes 1 to `last_inode` and for all blocks
 * that the layout uses. */
struct scatter;
int filsys_write_bitmaps(struct filsys *filsys, const struct layout *layout, uint32_t last_inode,
			 struct scatter *scatter, struct error *err) MUST_CHECK;

/* Writes superblock and group descriptors: last, when all in them is known. */
int filsys_write(struct filsys *filsys, const struct ext4_sink *sink, struct error *err) MUST_CHECK;
