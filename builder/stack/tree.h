// SPDX-License-Identifier: Apache-2.0
/* A volume's files as they will stand in the file system: inodes, and directories that name them.
 *
 * Made by flattening images (flatten.h) and by the builder itself (pod files), written by ext4/. It
 * is kept small, since it is the one thing that grows with the number of files: everything is in
 * one arena, released at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/error.h"

enum {
	TREE_BLOCK_BYTES = 4096,
	TREE_NAME_BYTES = 255, /* the longest name */
};

/* The times that ext4 holds, in seconds since 1970: 34 bits, from 1901-12-13 to 2446-05-10 (kernel
 * documentation, ext4, "Inode Timestamps"). A tree has no others, so that what is written and what
 * its digest says are the same. */
#define TREE_TIME_MIN ((int64_t)INT32_MIN)
#define TREE_TIME_MAX (TREE_TIME_MIN + (INT64_C(1) << 34) - 1)

/* Moves a time from outside to the nearer end, as the kernel's ext4 does. */
static inline void tree_time_clamp(int64_t *seconds, uint32_t *nanoseconds)
{
	if (*seconds >= TREE_TIME_MIN && *seconds <= TREE_TIME_MAX)
		return;
	*seconds = *seconds < TREE_TIME_MIN ? TREE_TIME_MIN : TREE_TIME_MAX;
	*nanoseconds = 0;
}

/* Consecutive blocks of content. `place` is where the data pipeline put them, in its own numbering:
 * blocks that follow each other in a file's run have consecutive places, and ext4/ asks for the
 * block behind a place. */
struct data_run {
	uint64_t place;
	uint32_t file_block; /* of the first one, in the file */
	uint32_t blocks;
};

struct inode;

/* A name in a directory. */
struct dirent {
	struct dirent *next; /* by name, in byte order, once tree_sort() ran */
	struct inode *inode;
	const char *name; /* 1 to 255 bytes, without '/', neither "." nor ".." */
};

struct xattr {
	const char *name; /* with its prefix: "user.", "security.", "trusted.", "system." */
	const uint8_t *value;
	uint32_t size;
};

struct xattr_set {
	uint32_t count; /* sorted by name */
	struct xattr items[];
};

struct inode {
	uint32_t mode; /* S_IFMT type and permission bits */
	uint32_t uid, gid;
	uint32_t names;    /* how many dirents point here; ext4/ derives link counts */
	int64_t mtime_sec; /* TREE_TIME_MIN..TREE_TIME_MAX */
	uint32_t mtime_nsec;
	uint32_t number; /* inode number: ext4/'s, 0 before */
	uint64_t size;   /* bytes: of a regular file, or of a symbolic link's target */
	const struct xattr_set *xattrs; /* NULL: none */
	uint64_t checksum; /* of a regular file: CRC-64 of its content, see content_checksum_*() */
	uint32_t run_count;
	uint32_t flags; /* private to flatten */
	union {
		struct data_run run;         /* regular file, run_count == 1 */
		const struct data_run *runs; /* regular file, run_count > 1; ascending, with holes
					      * between */
		const char *target;          /* symbolic link */
		struct dirent *entries;      /* directory */
		struct {
			uint32_t major, minor;
		} device;
	};
};

struct tree {
	struct arena *arena;
	struct inode *root;
	uint64_t inode_count; /* reachable from root, root included: right after tree_sort() */
};

/* An empty root directory, 0755, owner 0:0, `mtime_sec`. */
int tree_new(int64_t mtime_sec, struct tree **tree, struct error *err) MUST_CHECK;
void tree_free(struct tree *tree);
DEFINE_CLEANUP(cleanup_tree_p, struct tree, tree_free)
#define cleanup_tree CLEANUP(cleanup_tree_p)

/* A zeroed inode of `mode`, in the tree's arena, not yet named. NULL: no memory. */
struct inode *tree_inode(struct tree *tree, uint32_t mode);

/* 1 to TREE_NAME_BYTES bytes, without '/', neither "." nor "..". */
bool tree_name_valid(const char *name, size_t length);

/* Names `inode` in `directory`; `name` is copied. An invalid name is ERROR_INPUT. A name that is
 * already there is found by tree_sort(), so that this takes the same time however large the
 * directory is. A directory can be named once. */
int tree_link(struct tree *tree, struct inode *directory, const char *name, struct inode *inode,
	      struct error *err) MUST_CHECK;

/* The entry `name` of `directory`, or NULL. A walk along the list: for the few look-ups of pod
 * assembly. */
struct dirent *tree_find(const struct inode *directory, const char *name);

/* The directory `path` ("usr/lib/podseal"), with those missing on the way made 0755, owner 0:0,
 * `mtime_sec`. A component that is something else, a symbolic link included, is ERROR_INPUT:
 * nothing is followed. */
int tree_make_directory(struct tree *tree, const char *path, int64_t mtime_sec,
			struct inode **directory, struct error *err) MUST_CHECK;

/* Moves all of `other`'s root directory to be `directory/name` of `tree`, which takes over its
 * memory; `other` is gone, unless this fails. */
int tree_graft(struct tree *tree, struct inode *directory, const char *name, struct tree *other,
	       struct error *err) MUST_CHECK;

/* Sorts every directory by name, counts inodes and each inode's names. ERROR_INPUT: a name is in a
 * directory twice. */
int tree_sort(struct tree *tree, struct error *err) MUST_CHECK;

/* Every name, directories before what they hold, in tree_sort()'s order, the root first as "".
 * `path` has no leading slash. */
int tree_walk(const struct tree *tree,
	      int (*visit)(void *context, const char *path, struct inode *inode, struct error *err),
	      void *context, struct error *err) MUST_CHECK;
