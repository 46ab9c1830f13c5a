// SPDX-License-Identifier: Apache-2.0
/* Extended attributes as they lie in an inode and in a block of their own. Format: kernel
 * documentation, ext4, "Extended Attributes". */
#pragma once

#include <ext2fs/ext2fs.h>
#include <ext2fs/ext2_ext_attr.h>

#include "builder/ext4/ext4.h"
#include "builder/ext4/layout.h"

enum {
	/* What is left of an inode behind struct ext2_inode_large and the magic number. */
	XATTR_INODE_BYTES = LAYOUT_INODE_BYTES - sizeof(struct ext2_inode_large) - sizeof(uint32_t),
};

struct xattr_space {
	bool in_inode, in_block; /* there are some */
	_Alignas(4) uint8_t inode[XATTR_INODE_BYTES];
	_Alignas(4) uint8_t block[EXT4_BLOCK_BYTES]; /* its checksum missing; valid if in_block */
};

/* Packs `set` (NULL: none). ERROR_INPUT: a name that ext4 cannot say, or more than fits. */
int xattr_pack(const struct xattr_set *set, struct xattr_space *space, struct error *err)
	MUST_CHECK;
