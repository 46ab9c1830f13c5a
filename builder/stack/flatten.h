// SPDX-License-Identifier: Apache-2.0
/* Flattens the layers of one image into one tree, as if they had been extracted from the bottom up
 * (OCI image specification, layer.md, "Applying changesets"), while they are read from the top
 * down.
 *
 * What extractors do where the specification is silent is taken from `umoci unpack`:
 * - A whiteout removes what lower layers put there, wherever in its layer it stands; what its own
 *   layer put there stays. One of nothing is fine. AUFS's own files (".wh..wh.*") are left out.
 * - A later entry replaces an earlier one. Only a directory over a directory keeps what is in it. A
 *   symbolic link is replaced, never written through, except where it is a parent: those are
 *   followed inside the root, at most 255 for a path.
 * - ".." is taken away by name, and stays at the root. A parent that is no directory is an error.
 * - Missing parents are made: 0755, owner 0:0, with the time of the entry that needs them. A root
 *   without an entry: 0755, owner 0:0, time 0. A child never changes its directory's time.
 * - A hard link links what its target is at that moment, a symbolic link itself too. To nothing, to
 *   a directory, or to its own name is an error.
 * - Extended attributes are kept but for those of another machine's file system (trusted.overlay.*,
 *   system.nfs4_acl) and of macOS (com.apple.*). Others that Linux does not know are an error.
 *
 * Reading from the top down tells, for nearly every entry, whether an upper layer hides it, so that
 * hidden content is never written. Where names alone cannot tell (a parent that turns out to be a
 * symbolic link, a hard link to a file that is hidden itself), flatten_finish(), which does the
 * exact merge from the bottom up, says what must still be read, and what was placed in vain.
 *
 * Pure: no file, no thread. Each entry takes about 170 bytes at the peak. */
#pragma once

#include "builder/source/source.h"
#include "builder/stack/tree.h"

struct flatten;

struct flatten_limits {
	/* Members of all layers together, and (4,096 more) the paths that they speak of; more is
	 * ERROR_INPUT. So are more than 64 MiB and 128 bytes for each of them of names, link
	 * targets and attributes. At most 2^31 - 1. */
	uint64_t entries;
};

int flatten_new(const struct flatten_limits *limits, struct flatten **flatten, struct error *err)
	MUST_CHECK;
void flatten_free(struct flatten *flatten);
DEFINE_CLEANUP(cleanup_flatten_p, struct flatten, flatten_free)
#define cleanup_flatten CLEANUP(cleanup_flatten_p)

/* The entries that follow are those of layer `layer`, at most 65,533. Layers come from the top
 * (layer_count - 1) to 0. */
int flatten_begin_layer(struct flatten *flatten, size_t layer, struct error *err) MUST_CHECK;

/* Takes an entry, in the archive's order. *content receives the inode whose runs, run_count and
 * checksum the caller is to fill in from the entry's data before the next call, or NULL where no
 * content is wanted (not a regular file, empty, or hidden). ERROR_INPUT names the path: too long, a
 * whiteout without a name, what Linux or ext4 cannot hold. */
int flatten_entry(struct flatten *flatten, const struct layer_entry *entry, struct inode **content,
		  struct error *err) MUST_CHECK;

/* Gives `inode` its runs: sets run_count and run or runs, copying into the arena. `count` may be 0.
 * Not once the finished tree was grafted or freed. */
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

/* Merges. ERROR_INPUT names layer and path. The runs of missing inodes are the caller's to fill in,
 * by flatten_set_runs() before flatten_free(). What `flatten` keeps for merging is released here;
 * the tree lives on after flatten_free(). Only once. */
int flatten_finish(struct flatten *flatten, struct flatten_result *result, struct error *err)
	MUST_CHECK;

/* Releases the two lists, not the tree. */
void flatten_result_free(struct flatten_result *result);
#define cleanup_flatten_result CLEANUP(flatten_result_free)
