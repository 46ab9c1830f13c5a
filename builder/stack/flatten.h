// SPDX-License-Identifier: Apache-2.0
/* Flattens the layers of one image into one tree, as if they had been extracted from the bottom up
 * (OCI image specification, layer.md, "Applying changesets"), while they are read from the top
 * down.
 *
 * Reading from the top down tells, for nearly every entry, whether an upper layer hides it, so that
 * hidden content is never written. Where names alone cannot tell (a parent that turns out to be a
 * symbolic link, a hard link to a file that is hidden itself), flatten_finish(), which does the
 * exact merge from the bottom up, says what must still be read, and what was placed in vain.
 *
 * Pure: no file, no thread. */
#pragma once

#include "builder/source/source.h"
#include "builder/stack/tree.h"

struct flatten;

struct flatten_limits {
	uint64_t entries; /* members of all layers together; more is ERROR_INPUT */
};

int flatten_new(const struct flatten_limits *limits, struct flatten **flatten, struct error *err)
	MUST_CHECK;
void flatten_free(struct flatten *flatten);
DEFINE_CLEANUP(cleanup_flatten_p, struct flatten, flatten_free)
#define cleanup_flatten CLEANUP(cleanup_flatten_p)

/* The entries that follow are those of layer `layer`. Layers come from the top (layer_count - 1) to
 * 0. */
int flatten_begin_layer(struct flatten *flatten, size_t layer, struct error *err) MUST_CHECK;

/* Takes an entry, in the archive's order. *content receives the inode whose runs, run_count and
 * checksum the caller is to fill in from the entry's data before the next call, or NULL where no
 * content is wanted (not a regular file, empty, or hidden). */
int flatten_entry(struct flatten *flatten, const struct layer_entry *entry, struct inode **content,
		  struct error *err) MUST_CHECK;

/* Gives `inode` its runs: sets run_count and run or runs, copying into the arena. `count` may be 0.
 */
int flatten_set_runs(struct flatten *flatten, struct inode *inode, const struct data_run *runs,
		     size_t count, struct error *err) MUST_CHECK;

/* Content that is needed after all: the regular file that was entry `ordinal` (0 for the first) of
 * its layer. */
struct flatten_missing {
	size_t layer;
	uint64_t ordinal;
	struct inode *inode;
};

struct flatten_result {
	struct tree *tree; /* sorted; owned by the caller */
	size_t missing_count;
	struct flatten_missing *missing; /* by layer, then ordinal */
	size_t unused_count;
	struct data_run *unused; /* placed, but of no file in the tree; by place */
};

/* Merges. The runs of missing inodes are the caller's to fill in, by flatten_set_runs() before
 * flatten_free(). What `flatten` keeps for merging is released here; the tree lives on after
 * flatten_free(). */
int flatten_finish(struct flatten *flatten, struct flatten_result *result, struct error *err)
	MUST_CHECK;
void flatten_result_free(struct flatten_result *result);
