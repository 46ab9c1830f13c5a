// SPDX-License-Identifier: Apache-2.0
/* The files of a tree in the order of their inode numbers: a directory's files follow each other,
 * so that listing it reads few blocks of the inode table. */
#pragma once

#include "builder/stack/tree.h"

enum {
	ROSTER_ROOT = 2,   /* EXT2_ROOT_INO */
	ROSTER_FIRST = 11, /* EXT2_GOOD_OLD_FIRST_INO: below are reserved numbers */
};

struct roster_entry {
	struct inode *inode;
	uint32_t parent; /* inode number, of a directory's parent */
};

struct roster {
	struct roster_entry *entries; /* the root, then those from number 11 on */
	uint64_t count;
};

/* Numbers all inodes of `tree`. ERROR_INPUT if they are more than 32 bits can number. */
int roster_make(const struct tree *tree, struct roster *roster, struct error *err) MUST_CHECK;
void roster_free(struct roster *roster);
#define cleanup_roster CLEANUP(roster_free)

/* The highest number in use, reserved ones included. */
uint32_t roster_last(const struct roster *roster);

/* Who has `number`; NULL: nobody. */
const struct roster_entry *roster_find(const struct roster *roster, uint32_t number);
