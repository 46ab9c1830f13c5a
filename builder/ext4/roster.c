// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/roster.h"

#include <assert.h>
#include <inttypes.h>

static uint32_t number_at(uint64_t index)
{
	return index == 0 ? ROSTER_ROOT : (uint32_t)(ROSTER_FIRST - 1 + index);
}

uint32_t roster_last(const struct roster *roster)
{
	uint32_t last = number_at(roster->count - 1);
	return last < ROSTER_FIRST - 1 ? ROSTER_FIRST - 1 : last;
}

const struct roster_entry *roster_find(const struct roster *roster, uint32_t number)
{
	if (number == ROSTER_ROOT)
		return &roster->entries[0];
	if (number < ROSTER_FIRST || number - (ROSTER_FIRST - 1) >= roster->count)
		return NULL;
	return &roster->entries[number - (ROSTER_FIRST - 1)];
}

/* Numbers may be left from an earlier round, so a number alone says nothing. */
static bool enrolled(const struct roster *roster, const struct inode *inode)
{
	const struct roster_entry *entry = roster_find(roster, inode->number);
	return entry && entry->inode == inode;
}

static void enrol(struct roster *roster, struct inode *inode, uint32_t parent)
{
	inode->number = number_at(roster->count);
	roster->entries[roster->count++] = (struct roster_entry){ inode, parent };
}

int roster_make(const struct tree *tree, struct roster *roster, struct error *err)
{
	if (tree->inode_count > UINT32_MAX - ROSTER_FIRST)
		return error_input(err, "%" PRIu64 " files are too many for ext4",
				   tree->inode_count);
	struct roster made = { 0 };
	made.entries = calloc(tree->inode_count, sizeof(made.entries[0]));
	if (!made.entries)
		return error_memory(err);

	enrol(&made, tree->root, ROSTER_ROOT);
	for (uint64_t i = 0; i < made.count; i++) {
		const struct inode *directory = made.entries[i].inode;
		if (!S_ISDIR(directory->mode))
			continue;
		for (const struct dirent *e = directory->entries; e; e = e->next) {
			if (enrolled(&made, e->inode))
				continue;
			assert(made.count < tree->inode_count); /* tree_sort() counted them */
			enrol(&made, e->inode, directory->number);
		}
	}
	*roster = made;
	return 0;
}

void roster_free(struct roster *roster)
{
	free(roster->entries);
	roster->entries = NULL;
}
