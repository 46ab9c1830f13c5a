// SPDX-License-Identifier: Apache-2.0
/* The merge from the bottom up. What it does at each entry is what `umoci unpack` 0.4.7 does to a
 * directory, symbolic links followed as its securejoin does.
 *
 * An inode stands at a path only while a directory stands at each path above: so a path with a
 * directory at it needs no further look, and removing a directory clears what is below. */
#include <assert.h>
#include <string.h>

#include "builder/stack/flatten_state.h"

enum {
	LINKS_FOLLOWED = 255, /* in one path, as securejoin has it */
	PATH_TEXT_BYTES = 300,
};

/* Components of link targets looked up, in one image: ten times what millions of files below /lib
 * need, and about a second's work. Each path is bounded too, but a layer names millions of them. */
static const uint64_t followed_limit = UINT64_C(1) << 26;

struct merge {
	struct flatten *flatten;
	struct paths *paths;
	uint64_t followed;
	uint16_t stamp; /* the layer's */
	/* What resolve() still has to walk: the rests of link targets, the innermost last, then the
	 * names of `below`, the last one first. */
	const char *targets[LINKS_FOLLOWED + 1];
	size_t target_count;
	uint32_t below[PATH_COMPONENTS];
	size_t below_count;
};

static struct path *at(const struct merge *merge, uint32_t path)
{
	return &merge->paths->items[path];
}

static bool is_directory(const struct merge *merge, uint32_t path)
{
	const struct inode *inode = at(merge, path)->inode;
	return inode && S_ISDIR(inode->mode);
}

static bool is_symlink(const struct merge *merge, uint32_t path)
{
	const struct inode *inode = at(merge, path)->inode;
	return inode && S_ISLNK(inode->mode);
}

/* --- symbolic links ----------------------------------------------------------------------- */

/* Goes to where the target of the link at `path` begins, and leaves the target to be walked. */
static int follow(struct merge *merge, uint32_t path, uint32_t *current, size_t *links,
		  struct error *err)
{
	const char *target = at(merge, path)->inode->target;
	if (++*links > LINKS_FOLLOWED)
		return error_input(err, "more than %d symbolic links to follow", LINKS_FOLLOWED);
	assert(merge->target_count < LINKS_FOLLOWED + 1);
	merge->targets[merge->target_count++] = target;
	*current = target[0] == '/' ? PATH_ROOT : at(merge, path)->parent;
	return 0;
}

/* The next component to walk, not empty; false: there is none. */
static bool next_name(struct merge *merge, const char **name, size_t *length)
{
	while (merge->target_count > 0) {
		const char **rest = &merge->targets[merge->target_count - 1];
		*rest += strspn(*rest, "/");
		if (**rest) {
			*name = *rest;
			*length = strcspn(*rest, "/");
			*rest += *length;
			merge->followed++;
			return true;
		}
		merge->target_count--;
	}
	if (merge->below_count == 0)
		return false;
	*name = at(merge, merge->below[--merge->below_count])->name;
	*length = strlen(*name);
	return true;
}

static int walk(struct merge *merge, uint32_t current, size_t links, uint32_t *real,
		struct error *err)
{
	const char *name;
	size_t length;
	while (next_name(merge, &name, &length)) {
		uint32_t child;
		if (merge->followed > followed_limit)
			return error_input(err, "symbolic links lead to endless paths");
		if (length == 1 && name[0] == '.')
			continue;
		if (length == 2 && name[0] == '.' && name[1] == '.') {
			current = at(merge, current)->parent;
			continue;
		}
		if (paths_child(merge->paths, current, name, length, &child, err) < 0)
			return -1;
		if (!is_symlink(merge, child))
			current = child;
		else if (follow(merge, child, &current, &links, err) < 0)
			return -1;
	}
	*real = current;
	return 0;
}

/* Follows all symbolic links in `path`, the last component included, inside the root. What does not
 * exist is taken as a name like any other. */
static int resolve(struct merge *merge, uint32_t path, uint32_t *real, struct error *err)
{
	uint32_t highest = path, current;
	size_t links = 0;
	merge->target_count = 0;
	merge->below_count = 0;
	while (!at(merge, highest)->inode) {
		assert(merge->below_count < PATH_COMPONENTS);
		merge->below[merge->below_count++] = highest;
		highest = at(merge, highest)->parent;
	}
	if (!is_symlink(merge, highest)) {
		*real = path;
		return 0;
	}
	if (follow(merge, highest, &current, &links, err) < 0)
		return -1;
	return walk(merge, current, links, real, err);
}

/* Follows the links above `path`, but not one at it. */
static int resolve_above(struct merge *merge, uint32_t path, uint32_t *real, struct error *err)
{
	uint32_t directory;
	const struct path *named = at(merge, path);
	const char *name = named->name;
	if (resolve(merge, named->parent, &directory, err) < 0)
		return -1;
	if (directory == at(merge, path)->parent) {
		*real = path;
		return 0;
	}
	return paths_child(merge->paths, directory, name, strlen(name), real, err);
}

/* --- putting and removing ----------------------------------------------------------------- */

static void put(struct merge *merge, uint32_t path, struct inode *inode)
{
	struct path *here = at(merge, path), *above = at(merge, here->parent);
	here->inode = inode;
	here->previous = 0;
	here->next = above->first_child;
	if (here->next)
		at(merge, here->next)->previous = path;
	above->first_child = path;
}

static void removed(struct merge *merge, uint32_t path)
{
	struct path *here = at(merge, path);
	if (here->previous)
		at(merge, here->previous)->next = here->next;
	else
		at(merge, here->parent)->first_child = here->next;
	if (here->next)
		at(merge, here->next)->previous = here->previous;
	here->inode = NULL;
}

/* Removes what stands at `path` and below. */
static void remove_all(struct merge *merge, uint32_t path)
{
	uint32_t current = path;
	for (;;) {
		while (at(merge, current)->first_child)
			current = at(merge, current)->first_child;
		uint32_t parent = at(merge, current)->parent;
		removed(merge, current);
		if (current == path)
			return;
		current = parent;
	}
}

/* Notes that the layer put something at `path`, hence also below all above it. */
static void touch(struct merge *merge, uint32_t path)
{
	while (path != PATH_ROOT && at(merge, path)->touched != merge->stamp) {
		at(merge, path)->touched = merge->stamp;
		path = at(merge, path)->parent;
	}
}

/* Removes what lower layers put below `path`. A second time in one layer there is nothing left to
 * do, so that repeated markers cost no repeated walks. */
static void purge_below(struct merge *merge, uint32_t path)
{
	uint32_t directory = path, child = at(merge, path)->first_child;
	if (at(merge, path)->purged == merge->stamp)
		return;
	at(merge, path)->purged = merge->stamp;
	while (child || directory != path) {
		if (!child) {
			child = at(merge, directory)->next;
			directory = at(merge, directory)->parent;
			continue;
		}
		struct path *here = at(merge, child);
		uint32_t next = here->next;
		if (here->touched != merge->stamp) {
			remove_all(merge, child);
		} else if (here->purged != merge->stamp && here->first_child) {
			here->purged = merge->stamp;
			directory = child;
			next = here->first_child;
		}
		child = next;
	}
}

/* Makes the directories that no entry made, up to `path`. Extractors give them the time of
 * extraction; here they get that of what needed them, to be the same each time. */
static int make_directories(struct merge *merge, uint32_t path, const struct inode *cause,
			    struct error *err)
{
	uint32_t highest = path;
	while (!at(merge, highest)->inode)
		highest = at(merge, highest)->parent;
	if (!is_directory(merge, highest)) {
		char text[PATH_TEXT_BYTES];
		paths_text(merge->paths, highest, text, sizeof(text));
		return error_input(err, "%s is not a directory", text);
	}
	for (; path != highest; path = at(merge, path)->parent) {
		struct inode *made = tree_inode(merge->flatten->tree, S_IFDIR | 0755);
		if (!made)
			return error_memory(err);
		made->mtime_sec = cause->mtime_sec;
		made->mtime_nsec = cause->mtime_nsec;
		put(merge, path, made);
	}
	return 0;
}

/* --- entries ------------------------------------------------------------------------------ */

static int apply_inode(struct merge *merge, const struct record *record, struct error *err)
{
	uint32_t path;
	struct inode *inode = record->inode;
	if (record->path == PATH_ROOT) {
		at(merge, PATH_ROOT)->inode = inode;
		return 0;
	}
	if (resolve_above(merge, record->path, &path, err) < 0 ||
	    make_directories(merge, at(merge, path)->parent, inode, err) < 0)
		return -1;
	if (is_directory(merge, path) && S_ISDIR(inode->mode)) {
		at(merge, path)->inode = inode;
	} else {
		if (at(merge, path)->inode)
			remove_all(merge, path);
		put(merge, path, inode);
	}
	touch(merge, path);
	return 0;
}

/* What a hard link links. */
static int find_target(struct merge *merge, uint32_t target, struct inode **inode,
		       struct error *err)
{
	uint32_t path;
	char text[PATH_TEXT_BYTES];
	paths_text(merge->paths, target, text, sizeof(text));
	if (resolve_above(merge, target, &path, err) < 0)
		return error_prefix(err, "hard link to %s", text);
	struct inode *found = at(merge, path)->inode;
	if (!found)
		return error_input(err, "hard link to %s, which does not exist", text);
	if (S_ISDIR(found->mode))
		return error_input(err, "hard link to %s, which is a directory", text);
	*inode = found;
	return 0;
}

/* The old file goes before the target is looked for, so a link to itself finds nothing. */
static int apply_link(struct merge *merge, const struct record *record, struct error *err)
{
	uint32_t path;
	struct inode *inode = NULL;
	if (resolve_above(merge, record->path, &path, err) < 0)
		return -1;
	if (at(merge, path)->inode)
		remove_all(merge, path);
	if (find_target(merge, record->target, &inode, err) < 0 ||
	    make_directories(merge, at(merge, path)->parent, inode, err) < 0)
		return -1;
	put(merge, path, inode);
	touch(merge, path);
	return 0;
}

static int apply_whiteout(struct merge *merge, const struct record *record, struct error *err)
{
	uint32_t path;
	if (resolve_above(merge, record->path, &path, err) < 0)
		return -1;
	if (!at(merge, path)->inode)
		return 0;
	if (at(merge, path)->touched == merge->stamp)
		purge_below(merge, path);
	else
		remove_all(merge, path);
	return 0;
}

static int apply_opaque(struct merge *merge, const struct record *record, struct error *err)
{
	uint32_t path;
	if (resolve(merge, record->path, &path, err) < 0)
		return -1;
	purge_below(merge, path);
	return 0;
}

static int apply(struct merge *merge, const struct record *record, struct error *err)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_NOTHING:
		return 0;
	case RECORD_INODE:
		return apply_inode(merge, record, err);
	case RECORD_LINK:
		return apply_link(merge, record, err);
	case RECORD_WHITEOUT:
		return apply_whiteout(merge, record, err);
	case RECORD_OPAQUE:
		return apply_opaque(merge, record, err);
	}
	return 0;
}

int flatten_merge(struct flatten *flatten, struct error *err)
{
	struct merge merge = { .flatten = flatten, .paths = &flatten->paths };
	for (uint32_t i = 0; i < flatten->paths.count; i++) {
		at(&merge, i)->touched = 0;
		at(&merge, i)->purged = 0;
	}
	at(&merge, PATH_ROOT)->inode = flatten->tree->root;
	uint32_t end = flatten->record_count;
	for (size_t i = flatten->layer_count; i-- > 0;) {
		const struct layer_records *layer = &flatten->layers[i];
		uint32_t layer_end = i + 1 < flatten->layer_count ? layer[1].first : end;
		merge.stamp = (uint16_t)(layer->layer + 1);
		for (uint32_t j = layer->first; j < layer_end; j++) {
			const struct record *record = &flatten->records[j];
			if (apply(&merge, record, err) == 0)
				continue;
			char text[PATH_TEXT_BYTES];
			paths_text(&flatten->paths, record->path, text, sizeof(text));
			return error_prefix(err, "layer %zu: %s", layer->layer + 1, text);
		}
	}
	return 0;
}
