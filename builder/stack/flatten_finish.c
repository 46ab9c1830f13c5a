// SPDX-License-Identifier: Apache-2.0
/* From the merged paths to a tree, and to what its content lacks and what was placed in vain. */
#include <assert.h>
#include <string.h>

#include "builder/stack/flatten_state.h"

static void mark_reached(struct paths *paths)
{
	for (uint32_t i = 0; i < paths->count; i++)
		if (paths->items[i].inode)
			paths->items[i].inode->flags |= INODE_REACHED;
}

static bool is_missing(const struct record *record)
{
	return record->kind == RECORD_INODE && (record->inode->flags & INODE_SKIPPED) &&
	       (record->inode->flags & INODE_REACHED);
}

static int list_missing(const struct flatten *flatten, struct flatten_result *result,
			struct error *err)
{
	size_t count = 0;
	for (uint32_t i = 0; i < flatten->record_count; i++)
		count += is_missing(&flatten->records[i]);
	if (count == 0)
		return 0;
	result->missing = calloc(count, sizeof(*result->missing));
	if (!result->missing)
		return error_memory(err);
	uint32_t end = flatten->record_count;
	for (size_t i = flatten->layer_count; i-- > 0;) {
		const struct layer_records *layer = &flatten->layers[i];
		uint32_t layer_end = i + 1 < flatten->layer_count ? layer[1].first : end;
		for (uint32_t j = layer->first; j < layer_end; j++)
			if (is_missing(&flatten->records[j]))
				result->missing[result->missing_count++] = (struct flatten_missing){
					.layer = layer->layer,
					.ordinal = j - layer->first,
					.inode = flatten->records[j].inode,
				};
	}
	return 0;
}

/* The content's runs, if it was placed in vain; else NULL. */
static const struct data_run *unused_runs(const struct record *record)
{
	if (record->kind != RECORD_INODE || !S_ISREG(record->inode->mode) ||
	    (record->inode->flags & INODE_REACHED) || record->inode->run_count == 0)
		return NULL;
	return record->inode->run_count == 1 ? &record->inode->run : record->inode->runs;
}

static int by_place(const void *a, const void *b)
{
	uint64_t x = ((const struct data_run *)a)->place, y = ((const struct data_run *)b)->place;
	return (x > y) - (x < y);
}

static int list_unused(const struct flatten *flatten, struct flatten_result *result,
		       struct error *err)
{
	size_t count = 0;
	for (uint32_t i = 0; i < flatten->record_count; i++)
		if (unused_runs(&flatten->records[i]))
			count += flatten->records[i].inode->run_count;
	if (count == 0)
		return 0;
	result->unused = calloc(count, sizeof(*result->unused));
	if (!result->unused)
		return error_memory(err);
	for (uint32_t i = 0; i < flatten->record_count; i++) {
		const struct data_run *runs = unused_runs(&flatten->records[i]);
		if (!runs)
			continue;
		size_t run_count = flatten->records[i].inode->run_count;
		memcpy(result->unused + result->unused_count, runs, run_count * sizeof(*runs));
		result->unused_count += run_count;
	}
	qsort(result->unused, count, sizeof(*result->unused), by_place);
	return 0;
}

static int name_inodes(struct flatten *flatten, struct error *err)
{
	struct path *items = flatten->paths.items;
	for (uint32_t i = 1; i < flatten->paths.count; i++) {
		if (!items[i].inode)
			continue;
		struct dirent *entry = arena_alloc(flatten->arena, sizeof(*entry));
		if (!entry)
			return error_memory(err);
		struct inode *directory = items[items[i].parent].inode;
		*entry = (struct dirent){ directory->entries, items[i].inode, items[i].name };
		directory->entries = entry;
	}
	flatten->tree->root = items[PATH_ROOT].inode;
	return 0;
}

int flatten_finish(struct flatten *flatten, struct flatten_result *result, struct error *err)
{
	cleanup_flatten_result struct flatten_result made = { 0 };
	assert(flatten->records_open);
	flatten->records_open = false;
	xattr_sets_release(&flatten->xattrs);
	if (flatten_merge(flatten, err) < 0)
		return -1;
	mark_reached(&flatten->paths);
	if (list_missing(flatten, &made, err) < 0 || list_unused(flatten, &made, err) < 0)
		return -1;
	free(take_ptr(flatten->records));
	if (name_inodes(flatten, err) < 0)
		return -1;
	paths_release(&flatten->paths);
	if (tree_sort(flatten->tree, err) < 0)
		return -1;
	made.tree = take_ptr(flatten->tree);
	*result = made;
	made = (struct flatten_result){ 0 };
	return 0;
}

void flatten_result_free(struct flatten_result *result)
{
	free(take_ptr(result->missing));
	free(take_ptr(result->unused));
}
