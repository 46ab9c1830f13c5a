// SPDX-License-Identifier: Apache-2.0
/* The reader's parts. libext2fs opens the file system and reads inodes and attributes; extents and
 * directories are walked here, since what libext2fs does with a tree that loops is not bounded. */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/ext4.h"
#include "builder/ext4/read_io.h"

struct ext4_reader {
	struct read_io io;
	ext2_filsys fs;
	struct ext2_inode_large *disk; /* one inode, in the file system's inode size */
	/* what the last ext4_stat() gave out */
	char *target;
	struct xattr_set *xattrs;
};

/* Reads inode `number`, one that is in use, into reader->disk. */
int reader_inode(struct ext4_reader *reader, uint32_t number, struct error *err) MUST_CHECK;

uint64_t reader_size(const struct ext2_inode_large *disk);

/* ERROR_INPUT for a code of libext2fs, or the source's own error if it was that which failed. */
int reader_error(struct ext4_reader *reader, errcode_t code, struct error *err);

/* `count` blocks of the file system from `block` on, which must lie in it. */
int reader_blocks(struct ext4_reader *reader, uint64_t block, uint32_t count, void *bytes,
		  struct error *err) MUST_CHECK;

/* --- read_extent.c */

struct read_extent {
	uint64_t block; /* of the file system */
	uint32_t file_block;
	uint32_t blocks;
};

/* Calls visit() for every extent that has content, in ascending order, those of `root`, the i_block
 * of inode `number`. A negative result ends the walk with -1, a positive one with 0. */
int read_extents(struct ext4_reader *reader, uint32_t number, const __u32 root[EXT2_N_BLOCKS],
		 int (*visit)(void *context, const struct read_extent *extent, struct error *err),
		 void *context, struct error *err) MUST_CHECK;

/* --- read_directory.c */

/* Calls visit() for every name of directory `number` as they lie on disk, without "." and "..".
 * `name` is not NUL-terminated. A positive result ends the walk. ERROR_INPUT if it is no directory.
 */
int read_names(struct ext4_reader *reader, uint32_t number,
	       int (*visit)(void *context, const char *name, size_t length, uint32_t number,
			    struct error *err),
	       void *context, struct error *err) MUST_CHECK;

/* --- read_xattr.c */

/* The attributes of the inode in reader->disk: NULL if it has none. One allocation. */
int read_xattrs(struct ext4_reader *reader, uint32_t number, struct xattr_set **xattrs,
		struct error *err) MUST_CHECK;

/* --- read_link.c */

/* The target of the symbolic link in reader->disk. The caller frees it. */
int read_link(struct ext4_reader *reader, uint32_t number, char **target, struct error *err)
	MUST_CHECK;
