// SPDX-License-Identifier: Apache-2.0
/* An empty ext4 on a device whose blocks must not be read before they were written, and which is
 * too large to be written whole. */
#pragma once

#include <stdint.h>

#include "common/error.h"

/* Makes it on the device or file `path`, of 4096-byte blocks and at least 1 MiB; of 16 TiB and more
 * the rest is left unused. What is written are the superblock, the group descriptors, the root
 * folder with its block of inodes, and the bitmaps of the groups that hold tables: the other groups
 * are marked uninitialised, and the kernel makes their bitmaps and inodes up in memory. The tables
 * of 1024 groups are together, not of 16 as mke2fs has it, as that is fewer bitmaps to write: 1 TiB
 * is made 2 s sooner under emulation. UUID and hash seed are random. No journal: nothing is to
 * survive a crash. ERROR_INPUT: it is too small. Spec: kernel Documentation/filesystems/ext4/,
 * "Lazy Block Group Initialization". */
int scratch_ext4_make(const char *path, struct error *err) MUST_CHECK;

/* What to mount it with: no thread that zeroes inode tables in the background, and no reading ahead
 * in them, where blocks may still be unwritten. */
#define SCRATCH_EXT4_OPTIONS "noinit_itable,inode_readahead_blks=0"
