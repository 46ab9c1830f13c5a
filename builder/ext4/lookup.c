// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "builder/ext4/array.h"
#include "builder/ext4/reader.h"

enum {
	LINKS_FOLLOWED_MAX = 40,     /* as the kernel */
	PATH_BYTES_MAX = 256 * 1024, /* what remains of a path with the links in it replaced */
};

/* The directories from the root down to where the look-up stands, so that ".." needs no trust in
 * what a directory says of its parent. */
struct lookup {
	struct ext4_reader *reader;
	uint32_t *trail;
	size_t depth, capacity;
	char *rest; /* of the path, allocated */
	unsigned links;
};

static void lookup_free(struct lookup *lookup)
{
	free(lookup->trail);
	free(lookup->rest);
}

struct wanted_name {
	const char *name;
	size_t length;
	uint32_t number; /* 0: not found */
};

static int compare_name(void *context, const char *name, size_t length, uint32_t number,
			struct error *err)
{
	struct wanted_name *wanted = context;
	(void)err;
	if (length != wanted->length || memcmp(name, wanted->name, length) != 0)
		return 0;
	wanted->number = number;
	return 1;
}

static int descend(struct lookup *lookup, uint32_t number, struct error *err)
{
	uint32_t *trail = array_reserve(lookup->trail, &lookup->capacity, lookup->depth + 1,
					sizeof(*trail), err);
	if (!trail)
		return -1;
	lookup->trail = trail;
	trail[lookup->depth++] = number;
	return 0;
}

/* Puts a link's target in the place of its name in the path. `rest` is what followed the name,
 * slash included. */
static int follow_link(struct lookup *lookup, uint32_t number, const char *rest, struct error *err)
{
	cleanup_free char *target = NULL;
	if (++lookup->links > LINKS_FOLLOWED_MAX)
		return error_input(err, "more than %u symbolic links", LINKS_FOLLOWED_MAX);
	if (read_link(lookup->reader, number, &target, err) < 0)
		return -1;
	size_t target_bytes = strlen(target), rest_bytes = strlen(rest) + 1;
	if (target_bytes + rest_bytes > PATH_BYTES_MAX)
		return error_input(err, "the path is too long with its symbolic links followed");
	char *path = malloc(target_bytes + rest_bytes);
	if (!path)
		return error_memory(err);
	memcpy(path, target, target_bytes);
	memcpy(path + target_bytes, rest, rest_bytes);
	if (target[0] == '/')
		lookup->depth = 1;
	free(lookup->rest);
	lookup->rest = path;
	return 0;
}

/* A name that is neither "." nor "..": goes there, or replaces the path if it is a link. */
static int enter(struct lookup *lookup, const char **rest, size_t length, bool follow,
		 struct error *err)
{
	struct wanted_name wanted = { *rest, length, 0 };
	const char *after = *rest + length;
	/* More names, or a slash at the end, ask for a directory. */
	bool inner = *after == '/';

	if (read_names(lookup->reader, lookup->trail[lookup->depth - 1], compare_name, &wanted,
		       err) < 0)
		return -1;
	if (wanted.number == 0)
		return error_input(err, "no such file");
	if (reader_inode(lookup->reader, wanted.number, err) < 0)
		return -1;
	if (S_ISLNK(lookup->reader->disk->i_mode) && (inner || follow)) {
		if (follow_link(lookup, wanted.number, after, err) < 0)
			return -1;
		*rest = lookup->rest;
		return 0;
	}
	if (inner && !S_ISDIR(lookup->reader->disk->i_mode))
		return error_input(err, "not a directory");
	*rest = after;
	return descend(lookup, wanted.number, err);
}

static int take_step(struct lookup *lookup, const char **rest, bool follow, struct error *err)
{
	const char *name = *rest;
	size_t length = strcspn(name, "/");

	if (length == 2 && memcmp(name, "..", 2) == 0)
		lookup->depth -= lookup->depth > 1;
	else if (length != 1 || name[0] != '.')
		return enter(lookup, rest, length, follow, err);
	*rest = name + length;
	return 0;
}

int ext4_lookup(struct ext4_reader *reader, const char *path, bool follow, uint32_t *number,
		struct error *err)
{
	CLEANUP(lookup_free) struct lookup lookup = { .reader = reader };

	if (descend(&lookup, EXT2_ROOT_INO, err) < 0)
		return -1;
	const char *rest = path + strspn(path, "/");
	while (*rest) {
		if (take_step(&lookup, &rest, follow, err) < 0)
			return -1;
		rest += strspn(rest, "/");
	}
	*number = lookup.trail[lookup.depth - 1];
	return 0;
}
