// SPDX-License-Identifier: Apache-2.0
/* Walks a file system that is being read, in the order of tree_walk(): names sorted by bytes, a
 * directory before what it holds. */
#pragma once

#include "builder/ext4/ext4.h"

enum { EXT4_PATH_MAX_BYTES = 65536 };

/* Visits inode `number` as "" and, if it is a directory and `deep`, everything below it, as "a",
 * "a/b", ... `file` lives until the visitor returns. ERROR_INPUT: a directory that is met twice,
 * which no sound file system has, or a path longer than EXT4_PATH_MAX_BYTES. */
int ext4_walk(struct ext4_reader *reader, uint32_t number, bool deep,
	      int (*visit)(void *context, const char *path, const struct ext4_file *file,
			   struct error *err),
	      void *context, struct error *err) MUST_CHECK;
