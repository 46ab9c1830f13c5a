// SPDX-License-Identifier: Apache-2.0
/* For the tests of flatten: layers as small tables, flattened, and the tree as a line of text.
 *
 * Entry N of layer L, both from 1, has "L.N" for its identity: its time says it, and a file's
 * content lies at the place that says it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "builder/stack/flatten.h"

enum {
	LAYERS_MAX = 4,
	ENTRIES_MAX = 300,
	IDENTITY_LAYER = 1000, /* identity: layer times this, plus entry */
	LISTING_BYTES = 1 << 16,
};

struct test_entry {
	char kind; /* d f l h p: directory, file, symbolic link, hard link, fifo; e: empty file */
	char path[300];
	char target[64];
};

struct test_layer {
	size_t count;
	struct test_entry entries[ENTRIES_MAX];
};

/* Which content flatten asked for, by layer and entry from 0. */
struct test_wanted {
	bool at[LAYERS_MAX][ENTRIES_MAX];
};

static inline unsigned identity(size_t layer, size_t entry)
{
	return (unsigned)((layer + 1) * IDENTITY_LAYER + entry + 1);
}

static inline uint32_t mode_of(char kind)
{
	switch (kind) {
	case 'd':
		return S_IFDIR | 0700; /* those that nobody asked for have 0755 */
	case 'l':
		return S_IFLNK | 0777;
	case 'p':
		return S_IFIFO | 0600;
	default:
		return S_IFREG | 0600;
	}
}

static inline int flatten_layer(struct flatten *flatten, const struct test_layer *layers,
				size_t layer, struct test_wanted *wanted, struct error *err)
{
	if (flatten_begin_layer(flatten, layer, err) < 0)
		return -1;
	for (size_t i = 0; i < layers[layer].count; i++) {
		const struct test_entry *entry = &layers[layer].entries[i];
		struct inode *content = NULL;
		struct layer_entry given = {
			.path = entry->path,
			.hardlink = entry->kind == 'h' ? entry->target : NULL,
			.symlink = entry->kind == 'l' ? entry->target : NULL,
			.mode = mode_of(entry->kind),
			.mtime_sec = identity(layer, i),
			.size = entry->kind == 'f' ? 10 : 0,
		};
		if (flatten_entry(flatten, &given, &content, err) < 0)
			return -1;
		wanted->at[layer][i] = content;
		struct data_run run = { .place = identity(layer, i), .blocks = 1 };
		if (content && flatten_set_runs(flatten, content, &run, 1, err) < 0)
			return -1;
	}
	return 0;
}

static inline int flatten_layers(const struct test_layer *layers, size_t count,
				 struct test_wanted *wanted, struct flatten_result *result,
				 struct error *err)
{
	struct flatten_limits limits = { .entries = 100000 };
	cleanup_flatten struct flatten *flatten = NULL;
	if (flatten_new(&limits, &flatten, err) < 0)
		return -1;
	memset(wanted, 0, sizeof(*wanted));
	for (size_t i = count; i-- > 0;)
		if (flatten_layer(flatten, layers, i, wanted, err) < 0)
			return -1;
	return flatten_finish(flatten, result, err);
}

/* "d:etc@1.1 f:etc/x@2.3x2 ": kind, path, identity, and how many names it has if more than one. A
 * directory that no entry made is 'i', with the identity of what needed it. */
static inline void list_file(char *listing, char kind, const char *path, int64_t identity_,
			     unsigned names)
{
	size_t used = strlen(listing);
	(void)snprintf(listing + used, LISTING_BYTES - used,
		       names > 1 ? "%c:%s@%u.%ux%u " : "%c:%s@%u.%u ", kind, path,
		       (unsigned)(identity_ / IDENTITY_LAYER),
		       (unsigned)(identity_ % IDENTITY_LAYER), names);
}

static inline char kind_of(const struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		return (inode->mode & 07777) == 0755 ? 'i' : 'd';
	case S_IFLNK:
		return 'l';
	case S_IFIFO:
		return 'p';
	default:
		return inode->size ? 'f' : 'e';
	}
}

static inline int list_visit(void *context, const char *path, struct inode *inode,
			     struct error *err)
{
	(void)err;
	if (path[0] != '\0' || inode->mtime_sec != 0)
		list_file(context, kind_of(inode), path, inode->mtime_sec, inode->names);
	return 0;
}

static inline int list_tree(const struct tree *tree, char *listing, struct error *err)
{
	listing[0] = '\0';
	return tree_walk(tree, list_visit, listing, err);
}
