// SPDX-License-Identifier: Apache-2.0
/* Private to flatten: what reading the layers leaves for merging them. */
#pragma once

#include "builder/stack/flatten.h"
#include "builder/stack/flatten_paths.h"
#include "builder/stack/flatten_xattrs.h"

/* What an entry of a layer does to the path it names. */
enum record_kind {
	RECORD_NOTHING, /* kept for the count: ordinals are those of the archive */
	RECORD_INODE,
	RECORD_LINK,
	RECORD_WHITEOUT, /* of the path itself */
	RECORD_OPAQUE,   /* of what is below the path */
};

struct record {
	uint32_t path; /* as the entry has it, symbolic links not followed */
	uint32_t kind; /* enum record_kind */
	union {
		struct inode *inode; /* RECORD_INODE */
		uint32_t target;     /* RECORD_LINK: a path, likewise */
	};
};

/* In an inode's flags. */
enum {
	INODE_SKIPPED = 1, /* has content that was not wanted when it went by */
	INODE_REACHED = 2, /* has a name in the merged tree */
};

struct layer_records {
	size_t layer;
	uint32_t first; /* of its records; they end where the next layer's begin */
};

struct flatten {
	struct tree *tree;
	struct arena *arena; /* the tree's, also after the tree was handed out */
	struct flatten_limits limits;
	struct paths paths;
	struct xattr_sets xattrs;
	struct record *records;
	uint32_t record_count, record_capacity;
	struct layer_records *layers; /* in the order of reading: from the top */
	size_t layer_count;
	uint16_t stamp;    /* of the layer being read, its number plus 1 */
	bool records_open; /* not finished yet */

	/* The directory of the last entry, since the next one is likely to be in it too. */
	struct {
		bool known;
		bool hidden; /* nothing in it shines through the upper layers */
		bool aufs;   /* it is AUFS's own, and so is all in it */
		uint32_t path;
		size_t length;
		char text[PATH_BYTES + 1];
	} directory;
};

/* Puts the layers together, from the bottom up, into `paths`: in the end, each path holds the inode
 * that is there, the root path included. */
int flatten_merge(struct flatten *flatten, struct error *err) MUST_CHECK;
