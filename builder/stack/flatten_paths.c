// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/flatten_paths.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BUCKETS = 256 };

int paths_init(struct paths *paths, struct arena *arena, uint32_t limit, uint64_t text_limit,
	       struct error *err)
{
	*paths = (struct paths){ .arena = arena, .limit = limit, .text_limit = text_limit };
	/* Without a secret, names chosen to collide would make every look-up a walk. Nothing that
	 * comes out depends on it. */
	if (getentropy(paths->key, sizeof(paths->key)) < 0)
		return error_system(err, "drawing a random number");
	paths->key[1] |= 1;
	paths->bucket_count = FIRST_BUCKETS;
	paths->capacity = FIRST_BUCKETS;
	paths->buckets = calloc(paths->bucket_count, sizeof(*paths->buckets));
	paths->items = calloc(paths->capacity, sizeof(*paths->items));
	if (!paths->buckets || !paths->items)
		return error_memory(err);
	paths->items[PATH_ROOT].name = "";
	paths->count = 1;
	return 0;
}

void paths_release(struct paths *paths)
{
	free(take_ptr(paths->items));
	free(take_ptr(paths->buckets));
}

static uint64_t mix(uint64_t state, uint64_t word, uint64_t key)
{
	unsigned __int128 product = (unsigned __int128)(state ^ word) * key;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t paths_hash(const struct paths *paths, uint64_t state, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	state = mix(state ^ paths->key[0], size, paths->key[1]);
	while (size > 0) {
		uint64_t word = 0;
		size_t step = size < sizeof(word) ? size : sizeof(word);
		memcpy(&word, at, step);
		state = mix(state + paths->key[0], word, paths->key[1]);
		at += step;
		size -= step;
	}
	return state;
}

static uint32_t *bucket_of(const struct paths *paths, uint32_t parent, const char *name,
			   size_t length)
{
	uint64_t hash = paths_hash(paths, parent, name, length);
	return &paths->buckets[hash & (paths->bucket_count - 1)];
}

uint32_t paths_find(const struct paths *paths, uint32_t parent, const char *name, size_t length)
{
	uint32_t at = *bucket_of(paths, parent, name, length);
	for (; at != PATH_ROOT; at = paths->items[at].same_bucket) {
		const struct path *path = &paths->items[at];
		if (path->parent == parent && strncmp(path->name, name, length) == 0 &&
		    path->name[length] == '\0')
			break;
	}
	return at;
}

static int grow_buckets(struct paths *paths, struct error *err)
{
	assert(paths->bucket_count <= UINT32_MAX / 2);
	uint32_t *buckets = calloc(2 * (size_t)paths->bucket_count, sizeof(*buckets));
	if (!buckets)
		return error_memory(err);
	free(paths->buckets);
	paths->buckets = buckets;
	paths->bucket_count *= 2;
	for (uint32_t i = 1; i < paths->count; i++) {
		struct path *path = &paths->items[i];
		uint32_t *bucket = bucket_of(paths, path->parent, path->name, strlen(path->name));
		path->same_bucket = *bucket;
		*bucket = i;
	}
	return 0;
}

static int grow_items(struct paths *paths, struct error *err)
{
	uint32_t capacity = paths->capacity > UINT32_MAX / 2 ? UINT32_MAX : 2 * paths->capacity;
	struct path *items = reallocarray(paths->items, capacity, sizeof(*items));
	if (!items)
		return error_memory(err);
	paths->items = items;
	paths->capacity = capacity;
	return 0;
}

int paths_count_text(struct paths *paths, uint64_t bytes, struct error *err)
{
	if (bytes > paths->text_limit - paths->text_bytes)
		return error_input(err,
				   "more than %llu bytes of names, link targets and attributes",
				   (unsigned long long)paths->text_limit);
	paths->text_bytes += bytes;
	return 0;
}

static int add_path(struct paths *paths, uint32_t parent, const char *name, size_t length,
		    uint32_t *child, struct error *err)
{
	if (length > TREE_NAME_BYTES)
		return error_input(err, "a name of %zu bytes, at most %d", length, TREE_NAME_BYTES);
	if (paths->count >= paths->limit)
		return error_input(err, "more than %u paths", paths->limit);
	if (paths_count_text(paths, length + 1, err) < 0)
		return -1;
	if (paths->count == paths->capacity && grow_items(paths, err) < 0)
		return -1;
	if (paths->count >= paths->bucket_count && paths->bucket_count <= UINT32_MAX / 2 &&
	    grow_buckets(paths, err) < 0)
		return -1;
	const char *copy = arena_copy(paths->arena, name, length);
	if (!copy)
		return error_memory(err);
	uint32_t *bucket = bucket_of(paths, parent, name, length);
	paths->items[paths->count] = (struct path){
		.name = copy,
		.parent = parent,
		.same_bucket = *bucket,
	};
	*bucket = paths->count;
	*child = paths->count++;
	return 0;
}

int paths_child(struct paths *paths, uint32_t parent, const char *name, size_t length,
		uint32_t *child, struct error *err)
{
	uint32_t found = paths_find(paths, parent, name, length);
	if (found == PATH_ROOT)
		return add_path(paths, parent, name, length, child, err);
	*child = found;
	return 0;
}

int path_clean(const char *text, char *clean, size_t *length, struct error *err)
{
	size_t count = 0;
	if (strnlen(text, PATH_BYTES + 1) > PATH_BYTES)
		return error_input(err, "a path of more than %d bytes", PATH_BYTES);
	for (;;) {
		text += strspn(text, "/");
		size_t name = (size_t)(strchrnul(text, '/') - text);
		if (name == 0)
			break;
		if (name == 2 && memcmp(text, "..", 2) == 0) {
			const char *slash = memrchr(clean, '/', count);
			count = slash ? (size_t)(slash - clean) : 0;
		} else if (name > 1 || text[0] != '.') {
			if (name > TREE_NAME_BYTES)
				return error_input(err, "a name of %zu bytes, at most %d", name,
						   TREE_NAME_BYTES);
			if (count > 0)
				clean[count++] = '/';
			memcpy(clean + count, text, name);
			count += name;
		}
		text += name;
	}
	clean[count] = '\0';
	*length = count;
	return 0;
}

void paths_text(const struct paths *paths, uint32_t path, char *text, size_t size)
{
	static const char cut[] = "...";
	size_t at = size - 1;
	text[at] = '\0';
	for (; path != PATH_ROOT; path = paths->items[path].parent) {
		size_t length = strlen(paths->items[path].name);
		if (at < length + 1 + strlen(cut)) {
			at -= strlen(cut);
			memcpy(text + at, cut, strlen(cut));
			break;
		}
		at -= length;
		memcpy(text + at, paths->items[path].name, length);
		text[--at] = '/';
	}
	memmove(text, text + at, size - at);
}
