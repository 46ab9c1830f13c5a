// SPDX-License-Identifier: Apache-2.0
/* An inode's 256 bytes: what stat(2) tells, and what the other parts have found out about the
 * file. */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/ext4.h"
#include "builder/ext4/xattr.h"

enum {
	INODE_LINKS_MAX = 65000,     /* EXT4_LINK_MAX */
	INODE_FAST_SYMLINK_MAX = 59, /* i_block, less a NUL */
	INODE_SYMLINK_MAX = EXT4_BLOCK_BYTES - 1,
};

/* Whether ext4 can hold the file, as far as its inode goes. ERROR_INPUT says why not. */
int inode_check(const struct inode *inode, struct error *err) MUST_CHECK;

/* Blocks of content that the metadata writer makes: of a symbolic link that its inode cannot hold.
 */
static inline uint64_t inode_link_blocks(const struct inode *inode)
{
	return S_ISLNK(inode->mode) && inode->size > INODE_FAST_SYMLINK_MAX;
}

/* Type, mode, owner, times and small content: all but links, blocks, flags and checksum. `disk` is
 * zero before. `created`: crtime. */
void inode_fill(const struct inode *inode, int64_t created, struct ext2_inode_large *disk);

/* Links of a file; of a directory, `subdirectories` and its own two. */
void inode_set_links(const struct inode *inode, uint32_t subdirectories,
		     struct ext2_inode_large *disk);

/* Blocks of the file, all that it has, as st_blocks counts them. */
void inode_set_blocks(uint64_t blocks, struct ext2_inode_large *disk);

/* Attributes into the inode's tail, and the number of their block if they have one. */
void inode_set_xattrs(const struct xattr_space *space, uint64_t block,
		      struct ext2_inode_large *disk);
