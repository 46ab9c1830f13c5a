// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/flatten_xattrs.h"

#include <string.h>

enum {
	FIRST_SLOTS = 64,
	/* ext4 keeps what does not fit into the inode in one block */
	SET_BYTES = TREE_BLOCK_BYTES,
	/* a name has a byte at least behind its namespace */
	SET_COUNT = SET_BYTES / (int)sizeof("user.x"),
	NAME_BYTES = 255,
};

static const char *const left_out[] = { "trusted.overlay.", "system.nfs4_acl", "com.apple." };
static const char *const namespaces[] = { "user.", "security.", "trusted." };

void xattr_sets_release(struct xattr_sets *sets)
{
	free(take_ptr(sets->slots));
}

static bool begins_with_any(const char *name, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* ext4 has two attributes in "system.": the access control lists. */
static bool name_valid(const char *name)
{
	if (strcmp(name, "system.posix_acl_access") == 0 ||
	    strcmp(name, "system.posix_acl_default") == 0)
		return true;
	return begins_with_any(name, namespaces, 3) && strchr(name, '.')[1] != '\0' &&
	       strlen(name) <= NAME_BYTES;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

/* Fills `items` (SET_COUNT of them) with the attributes that are kept, sorted. */
static int collect(const struct layer_xattr *xattrs, size_t count, struct xattr *items,
		   uint32_t *kept, struct error *err)
{
	uint32_t n = 0;
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++) {
		const struct layer_xattr *xattr = &xattrs[i];
		if (begins_with_any(xattr->name, left_out, 3))
			continue;
		if (!name_valid(xattr->name))
			return error_input(err, "extended attribute \"%.80s\": Linux has none such",
					   xattr->name);
		size_t name = strlen(xattr->name) + 1;
		if (n == SET_COUNT || bytes + name > SET_BYTES ||
		    xattr->size > SET_BYTES - bytes - name)
			return error_input(err,
					   "extended attributes of more than %d bytes together",
					   SET_BYTES);
		bytes += name + xattr->size;
		items[n++] = (struct xattr){ xattr->name, xattr->value, (uint32_t)xattr->size };
	}
	qsort(items, n, sizeof(*items), by_name);
	for (uint32_t i = 1; i < n; i++)
		if (strcmp(items[i - 1].name, items[i].name) == 0)
			return error_input(err, "extended attribute \"%.80s\" twice",
					   items[i].name);
	*kept = n;
	return 0;
}

static uint64_t hash_items(const struct paths *paths, const struct xattr *items, uint32_t count)
{
	uint64_t hash = count;
	for (uint32_t i = 0; i < count; i++) {
		hash = paths_hash(paths, hash, items[i].name, strlen(items[i].name));
		hash = paths_hash(paths, hash, items[i].value, items[i].size);
	}
	return hash;
}

static bool items_equal(const struct xattr *a, const struct xattr *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(a[i].name, b[i].name) != 0 || a[i].size != b[i].size ||
		    (a[i].size > 0 && memcmp(a[i].value, b[i].value, a[i].size) != 0))
			return false;
	return true;
}

/* Where the set is, or is to be put. */
static const struct xattr_set **find_slot(const struct xattr_sets *sets, const struct paths *paths,
					  const struct xattr *items, uint32_t count)
{
	size_t at = hash_items(paths, items, count) & (sets->capacity - 1);
	while (sets->slots[at] && (sets->slots[at]->count != count ||
				   !items_equal(sets->slots[at]->items, items, count)))
		at = (at + 1) & (sets->capacity - 1);
	return &sets->slots[at];
}

static int make_room(struct xattr_sets *sets, const struct paths *paths, struct error *err)
{
	if (sets->count < sets->capacity / 2)
		return 0;
	size_t capacity = sets->capacity ? 2 * sets->capacity : FIRST_SLOTS;
	struct xattr_sets larger = { .count = sets->count, .capacity = capacity };
	larger.slots = calloc(capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return error_memory(err);
	for (size_t i = 0; i < sets->capacity; i++)
		if (sets->slots[i])
			*find_slot(&larger, paths, sets->slots[i]->items, sets->slots[i]->count) =
				sets->slots[i];
	free(sets->slots);
	*sets = larger;
	return 0;
}

static int keep_item(struct paths *paths, const struct xattr *item, struct xattr *kept,
		     struct error *err)
{
	size_t name = strlen(item->name);
	if (paths_count_text(paths, sizeof(*kept) + name + item->size, err) < 0)
		return -1;
	kept->name = arena_copy(paths->arena, item->name, name);
	kept->value = (const uint8_t *)arena_copy(paths->arena, item->value, item->size);
	kept->size = item->size;
	return kept->name && kept->value ? 0 : error_memory(err);
}

static int keep_set(struct paths *paths, const struct xattr *items, uint32_t count,
		    const struct xattr_set **set, struct error *err)
{
	struct xattr_set *kept =
		arena_alloc(paths->arena, sizeof(*kept) + count * sizeof(*kept->items));
	if (!kept)
		return error_memory(err);
	kept->count = count;
	for (uint32_t i = 0; i < count; i++)
		if (keep_item(paths, &items[i], &kept->items[i], err) < 0)
			return -1;
	*set = kept;
	return 0;
}

int xattr_sets_get(struct xattr_sets *sets, struct paths *paths, const struct layer_xattr *xattrs,
		   size_t count, const struct xattr_set **set, struct error *err)
{
	struct xattr items[SET_COUNT];
	uint32_t kept = 0;
	if (collect(xattrs, count, items, &kept, err) < 0)
		return -1;
	if (kept == 0) {
		*set = NULL;
		return 0;
	}
	if (make_room(sets, paths, err) < 0)
		return -1;
	const struct xattr_set **slot = find_slot(sets, paths, items, kept);
	if (!*slot) {
		if (keep_set(paths, items, kept, slot, err) < 0)
			return -1;
		sets->count++;
	}
	*set = *slot;
	return 0;
}
