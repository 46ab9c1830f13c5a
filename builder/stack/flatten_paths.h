// SPDX-License-Identifier: Apache-2.0
/* Private to flatten: every path that the layers speak of, once, as a trie. While layers are read,
 * a path carries which upper layer hides it; while they are merged, the inode that stands there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "builder/stack/arena.h"
#include "builder/stack/tree.h"
#include "common/error.h"

enum {
	PATH_BYTES = 4096,                /* the longest path, as Linux has it */
	PATH_COMPONENTS = PATH_BYTES / 2, /* and so the deepest */
	PATH_ROOT = 0, /* the root is no path's child, so as a child it is "none" */
};

struct path {
	const char *name;
	struct inode *inode; /* what stands here; NULL: nothing */
	uint32_t parent;     /* the root's is the root */
	uint32_t same_bucket;
	uint32_t first_child, next, previous; /* those that hold an inode */
	union {
		/* While reading, layer numbers plus 1, 0 for none. Layers come from the top, so the
		 * first one to say something is the uppermost. */
		struct {
			uint16_t hides_it;    /* says what stands here, or that nothing does */
			uint16_t hides_below; /* lets nothing from below it shine through here */
		};
		/* While merging, likewise: the last one ... */
		struct {
			uint16_t touched; /* ... that put something here or below */
			uint16_t purged;  /* ... that removed all of lower layers below */
		};
	};
};

struct paths {
	struct arena *arena; /* for names; borrowed */
	struct path *items;
	uint32_t count, capacity, limit;
	uint32_t *buckets;
	uint32_t bucket_count;           /* a power of two */
	uint64_t text_bytes, text_limit; /* names, and what else flatten.c counts here */
	uint64_t key[2];
};

/* An empty set but for the root. At most `limit` paths, which may be up to 2^32 - 2; more are
 * ERROR_INPUT. */
int paths_init(struct paths *paths, struct arena *arena, uint32_t limit, uint64_t text_limit,
	       struct error *err) MUST_CHECK;
void paths_release(struct paths *paths);

/* The path `name` below `parent`, or PATH_ROOT where it was never spoken of. */
uint32_t paths_find(const struct paths *paths, uint32_t parent, const char *name, size_t length);

/* The same, made where it is new. ERROR_INPUT: the name is too long, or there are too many. */
int paths_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
		uint32_t *child, struct error *err) MUST_CHECK;

/* Counts `bytes` more of text to be kept. ERROR_INPUT past the limit. */
int paths_count_text(struct paths *paths, uint64_t bytes, struct error *err) MUST_CHECK;

/* A hash that who chooses the bytes cannot foresee. */
uint64_t paths_hash(const struct paths *paths, uint64_t state, const void *bytes, size_t size);

/* Makes `text` a path from the root without empty, "." and ".." components, by its text alone; ".."
 * at the root stays there. "" is the root. `clean` holds PATH_BYTES + 1 bytes. */
int path_clean(const char *text, char *clean, size_t *length, struct error *err) MUST_CHECK;

/* For messages: `path` in at most `size` bytes with its NUL, the front cut off if too long. */
void paths_text(const struct paths *paths, uint32_t path, char *text, size_t size);
