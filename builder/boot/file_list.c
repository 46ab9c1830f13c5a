// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/file_list.h"

#include <assert.h>
#include <string.h>
#include <sys/stat.h>

/* Index of `path`, or of the place where it belongs. */
static size_t place_of(const struct file_list *list, const char *path)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(list->entries[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct file_list_entry *find(const struct file_list *list, const char *path)
{
	size_t i = place_of(list, path);

	if (i == list->count || strcmp(list->entries[i].path, path) != 0)
		return NULL;
	return &list->entries[i];
}

const struct file_list_entry *file_list_find(const struct file_list *list, const char *path)
{
	assert(path[0] == '/');
	return find(list, path + 1);
}

static int insert(struct file_list *list, const char *path, mode_t mode,
		  struct file_list_entry **entry, struct error *err)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		struct file_list_entry *grown =
			reallocarray(list->entries, capacity, sizeof(*grown));
		if (!grown)
			return error_memory(err);
		list->entries = grown;
		list->capacity = capacity;
	}
	char *copy = strdup(path);
	if (!copy)
		return error_memory(err);
	size_t i = place_of(list, path);
	memmove(&list->entries[i + 1], &list->entries[i],
		(list->count - i) * sizeof(*list->entries));
	list->count++;
	list->entries[i] = (struct file_list_entry){ .path = copy, .mode = mode };
	*entry = &list->entries[i];
	return 0;
}

static int add_parents(struct file_list *list, const char *path, struct error *err)
{
	cleanup_free char *parent = strdup(path);
	struct file_list_entry *entry;

	if (!parent)
		return error_memory(err);
	for (char *slash = strchr(parent, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		entry = find(list, parent);
		if (entry && !S_ISDIR(entry->mode))
			return error_input(err, "/%s would be both a file and a directory", parent);
		if (!entry && insert(list, parent, S_IFDIR | 0755, &entry, err) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

int file_list_add_directory(struct file_list *list, const char *path, struct error *err)
{
	struct file_list_entry *entry;

	assert(path[0] == '/');
	if (add_parents(list, path + 1, err) < 0)
		return -1;
	return find(list, path + 1) ? 0 : insert(list, path + 1, S_IFDIR | 0755, &entry, err);
}

int file_list_add(struct file_list *list, const char *path, mode_t permissions, uint8_t **bytes,
		  size_t size, struct error *err)
{
	struct file_list_entry *entry;

	assert(path[0] == '/');
	if (file_list_find(list, path))
		return error_input(err, "%s would be there twice", path);
	if (add_parents(list, path + 1, err) < 0 ||
	    insert(list, path + 1, S_IFREG | permissions, &entry, err) < 0)
		return -1;
	entry->bytes = take_ptr(*bytes);
	entry->size = size;
	return 0;
}

void file_list_release(struct file_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->entries[i].path);
		free(list->entries[i].bytes);
	}
	free(list->entries);
	*list = (struct file_list){ 0 };
}
