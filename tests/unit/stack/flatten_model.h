// SPDX-License-Identifier: Apache-2.0
/* A model of flatten: it extracts layers from the bottom up, as plainly as can be. Files are
 * strings in a list, every question is a walk along it. It was compared with `umoci unpack` 0.4.7
 * on 6,000 of the random stacks that test_flatten_random.c makes. */
#pragma once

#include <stdlib.h>

#include "tests/unit/stack/flatten_layers.h"

enum {
	MODEL_FILES = 64,
	MODEL_PATH = 96,
};

struct model_file {
	char path[MODEL_PATH];
	char kind;
	unsigned identity;
	char target[64];
};

struct model {
	size_t count;
	struct model_file files[MODEL_FILES]; /* the root is not among them */
	unsigned root_identity;               /* 0: no entry made it */
	size_t touched_count;
	char touched[MODEL_FILES][MODEL_PATH]; /* by the layer at hand */
};

static inline struct model_file *model_find(struct model *model, const char *path)
{
	for (size_t i = 0; i < model->count; i++)
		if (strcmp(model->files[i].path, path) == 0)
			return &model->files[i];
	return NULL;
}

static inline bool model_is_directory(struct model *model, const char *path)
{
	struct model_file *file = model_find(model, path);
	return path[0] == '\0' || (file && (file->kind == 'd' || file->kind == 'i'));
}

static inline bool below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return length == 0 || (strncmp(path, directory, length) == 0 && path[length] == '/');
}

static inline void model_remove(struct model *model, const char *path)
{
	size_t kept = 0;
	for (size_t i = 0; i < model->count; i++)
		if (strcmp(model->files[i].path, path) != 0 && !below(model->files[i].path, path))
			model->files[kept++] = model->files[i];
	model->count = kept;
}

static inline bool model_touched(const struct model *model, const char *path)
{
	for (size_t i = 0; i < model->touched_count; i++)
		if (strcmp(model->touched[i], path) == 0 || below(model->touched[i], path))
			return true;
	return false;
}

static inline void model_purge(struct model *model, const char *path, bool itself)
{
	size_t kept = 0;
	for (size_t i = 0; i < model->count; i++) {
		const char *at = model->files[i].path;
		bool concerned = below(at, path) || (itself && strcmp(at, path) == 0);
		if (!concerned || model_touched(model, at))
			model->files[kept++] = model->files[i];
	}
	model->count = kept;
}

static inline void cut_name(char *path)
{
	char *slash = strrchr(path, '/');
	*(slash ? slash : path) = '\0';
}

/* Appends one component by its text; false: no room. */
static inline bool append_name(char *path, const char *name, size_t length)
{
	size_t used = strlen(path);
	if (length == 0 || (length == 1 && name[0] == '.'))
		return true;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		cut_name(path);
		return true;
	}
	if (used + 1 + length + 1 > MODEL_PATH)
		return false;
	(void)sprintf(path + used, "%s%.*s", used ? "/" : "", (int)length, name);
	return true;
}

static inline bool clean(const char *text, char *path)
{
	path[0] = '\0';
	for (;;) {
		size_t length = strcspn(text, "/");
		if (!append_name(path, text, length))
			return false;
		if (text[length] == '\0')
			return true;
		text += length + 1;
	}
}

/* All symbolic links followed inside the root. -1: a loop, or no room. */
static inline int model_follow(struct model *model, const char *from, char *path)
{
	char rest[4096];
	int links = 0;
	(void)snprintf(rest, sizeof(rest), "%s", from);
	path[0] = '\0';
	while (rest[0]) {
		char tried[MODEL_PATH], after[4096];
		size_t length = strcspn(rest, "/");
		(void)strcpy(tried, path);
		if (!append_name(tried, rest, length))
			return -1;
		(void)strcpy(after, rest + length + (rest[length] == '/'));
		struct model_file *file = model_find(model, tried);
		if (!file || file->kind != 'l') {
			(void)strcpy(path, tried);
			(void)strcpy(rest, after);
			continue;
		}
		char joined[sizeof(after) + sizeof(file->target) + 1];
		int size = snprintf(joined, sizeof(joined), "%s/%s", file->target, after);
		if (++links > 255 || (size_t)size >= sizeof(rest))
			return -1;
		if (file->target[0] == '/')
			path[0] = '\0';
		(void)strcpy(rest, joined);
	}
	return 0;
}

/* Links above followed, the last name as it is. */
static inline int model_follow_above(struct model *model, const char *path, char *followed)
{
	char above[MODEL_PATH];
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	(void)strcpy(above, path);
	cut_name(above);
	if (model_follow(model, above, followed) < 0)
		return -1;
	return append_name(followed, name, strlen(name)) ? 0 : -1;
}

static inline int model_add(struct model *model, const char *path, const struct model_file *like)
{
	if (model->count == MODEL_FILES)
		return -1;
	struct model_file *file = &model->files[model->count++];
	*file = *like;
	(void)strcpy(file->path, path);
	return 0;
}

static inline int model_make_above(struct model *model, const char *path, unsigned cause)
{
	char above[MODEL_PATH] = "";
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct model_file made = { .kind = 'i', .identity = cause };
		(void)sprintf(above, "%.*s", (int)(slash - path), path);
		if (model_is_directory(model, above))
			continue;
		if (model_find(model, above) || model_add(model, above, &made) < 0)
			return -1;
	}
	return 0;
}

static inline int model_touch(struct model *model, const char *path)
{
	if (model->touched_count == MODEL_FILES)
		return -1;
	(void)strcpy(model->touched[model->touched_count++], path);
	return 0;
}

static inline int model_whiteout(struct model *model, const char *path)
{
	char followed[MODEL_PATH], hidden[MODEL_PATH];
	const char *marker = strstr(path, ".wh.");
	if (strcmp(marker, ".wh..wh..opq") == 0) {
		(void)strcpy(hidden, path);
		cut_name(hidden);
		if (model_follow(model, hidden, followed) < 0)
			return -1;
		model_purge(model, followed, false);
		return 0;
	}
	(void)sprintf(hidden, "%.*s%s", (int)(marker - path), path, marker + 4);
	if (model_follow_above(model, hidden, followed) < 0)
		return -1;
	model_purge(model, followed, true);
	return 0;
}

static inline int model_link(struct model *model, const char *at, const char *target)
{
	char path[MODEL_PATH], followed[MODEL_PATH];
	model_remove(model, at);
	if (!clean(target, path) || path[0] == '\0' ||
	    model_follow_above(model, path, followed) < 0)
		return -1;
	struct model_file *found = model_find(model, followed);
	if (!found || model_is_directory(model, followed))
		return -1;
	struct model_file linked = *found;
	if (model_make_above(model, at, linked.identity) < 0 || model_add(model, at, &linked) < 0)
		return -1;
	return model_touch(model, at);
}

static inline int model_apply(struct model *model, const struct test_entry *entry,
			      unsigned identity_)
{
	char path[MODEL_PATH], at[MODEL_PATH];
	if (!clean(entry->path, path))
		return -1;
	if (strstr(path, ".wh."))
		return model_whiteout(model, path);
	if (path[0] == '\0') {
		model->root_identity = identity_;
		return entry->kind == 'd' ? 0 : -1;
	}
	if (model_follow_above(model, path, at) < 0)
		return -1;
	if (entry->kind == 'h')
		return model_link(model, at, entry->target);
	if (model_make_above(model, at, identity_) < 0)
		return -1;
	struct model_file made = { .kind = entry->kind, .identity = identity_ };
	(void)strcpy(made.target, entry->target);
	struct model_file *old = model_find(model, at);
	if (entry->kind == 'd' && old && model_is_directory(model, at)) {
		old->kind = 'd';
		old->identity = identity_;
	} else {
		model_remove(model, at);
		if (model_add(model, at, &made) < 0)
			return -1;
	}
	return model_touch(model, at);
}

static inline unsigned model_names(const struct model *model, char kind, unsigned identity_)
{
	unsigned names = 0;
	for (size_t i = 0; i < model->count; i++)
		names += model->files[i].kind == kind && model->files[i].identity == identity_;
	return kind == 'i' ? 1 : names;
}

/* The order of tree_walk(): a directory's names sorted, each followed by what is below. */
static inline int by_path(const void *a, const void *b)
{
	const char *x = ((const struct model_file *)a)->path;
	const char *y = ((const struct model_file *)b)->path;
	while (*x && *x == *y) {
		x++;
		y++;
	}
	int cx = *x == '/' ? 1 : (unsigned char)*x, cy = *y == '/' ? 1 : (unsigned char)*y;
	return cx - cy;
}

static inline void model_list(struct model *model, char *listing)
{
	listing[0] = '\0';
	if (model->root_identity)
		list_file(listing, 'd', "", model->root_identity, 1);
	qsort(model->files, model->count, sizeof(model->files[0]), by_path);
	for (size_t i = 0; i < model->count; i++) {
		struct model_file *file = &model->files[i];
		list_file(listing, file->kind, file->path, file->identity,
			  model_names(model, file->kind, file->identity));
	}
}
