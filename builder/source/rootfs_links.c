// SPDX-License-Identifier: Apache-2.0
#include <search.h>
#include <string.h>

#include "builder/source/rootfs.h"

struct link_table {
	void *root; /* tsearch(3) */
};

struct link_entry {
	dev_t dev;
	ino_t ino;
	char *path;
};

static int by_inode(const void *a, const void *b)
{
	const struct link_entry *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

static void entry_free(void *entry)
{
	free(((struct link_entry *)entry)->path);
	free(entry);
}

int link_table_new(struct link_table **table, struct error *err)
{
	struct link_table *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	*table = made;
	return 0;
}

void link_table_free(struct link_table *table)
{
	if (!table)
		return;
	tdestroy(table->root, entry_free);
	free(table);
}

int link_table_meet(struct link_table *table, const struct stat *st, const char *path,
		    const char **first, struct error *err)
{
	const struct link_entry key = { .dev = st->st_dev, .ino = st->st_ino };
	void *found = tfind(&key, &table->root, by_inode);

	if (found) {
		*first = (*(struct link_entry **)found)->path;
		return 0;
	}
	struct link_entry *entry = malloc(sizeof(*entry));
	if (!entry)
		return error_memory(err);
	*entry = key;
	entry->path = strdup(path);
	if (!entry->path || !tsearch(entry, &table->root, by_inode)) {
		entry_free(entry);
		return error_memory(err);
	}
	*first = NULL;
	return 0;
}
