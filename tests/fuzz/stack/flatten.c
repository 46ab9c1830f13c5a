// SPDX-License-Identifier: Apache-2.0
/* Layers as text, the top one first: a line "KIND PATH" or "KIND PATH>TARGET" is an entry (d f e l
 * h p c, as tar would have them), a line "-" begins the next layer below. What comes out must be a
 * tree, and account for all content. */
#include <assert.h>
#include <string.h>

#include "builder/stack/flatten.h"

enum {
	LINE_BYTES = 9000,
	LAYERS = 100,
};

struct account {
	uint64_t placed;  /* contents that flatten wanted */
	uint64_t reached; /* ... and that a file in the tree has */
	uint64_t lacking; /* files in the tree without the content they should have */
};

static uint32_t mode_of(char kind)
{
	switch (kind) {
	case 'd':
		return S_IFDIR | 0700;
	case 'l':
		return S_IFLNK | 0777;
	case 'p':
		return S_IFIFO | 0600;
	case 'c':
		return S_IFCHR | 0600;
	default:
		return S_IFREG | 0600;
	}
}

static int add_line(struct flatten *flatten, char *line, struct account *account, struct error *err)
{
	struct inode *content = NULL;
	char *target = strchr(line, '>');
	struct layer_xattr xattr = { "user.kind", (const uint8_t *)line, 1 };
	if (target)
		*target++ = '\0';
	if (strlen(line) < 3)
		return 0;
	struct layer_entry entry = {
		.path = line + 2,
		.hardlink = line[0] == 'h' ? target : NULL,
		.symlink = line[0] == 'l' ? target : NULL,
		.mode = mode_of(line[0]),
		.size = line[0] == 'f' ? 1 : 0,
		.xattrs = &xattr,
		.xattr_count = line[1] == '+',
	};
	if (flatten_entry(flatten, &entry, &content, err) < 0)
		return -1;
	if (!content)
		return 0;
	struct data_run run = { .place = account->placed++, .blocks = 1 };
	return flatten_set_runs(flatten, content, &run, 1, err);
}

static int add_lines(struct flatten *flatten, const char *text, size_t size,
		     struct account *account, struct error *err)
{
	size_t layer = LAYERS;
	char line[LINE_BYTES + 1];
	if (flatten_begin_layer(flatten, layer, err) < 0)
		return -1;
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;
		size_t kept = length < LINE_BYTES ? length : LINE_BYTES;
		memcpy(line, text, kept);
		line[kept] = '\0';
		text += length + (end != NULL);
		size -= length + (end != NULL);
		int added = strcmp(line, "-") != 0 ? add_line(flatten, line, account, err)
			    : layer > 0            ? flatten_begin_layer(flatten, --layer, err)
						   : 0;
		if (added < 0)
			return -1;
	}
	return 0;
}

static void check_directory(const struct inode *directory)
{
	for (const struct dirent *entry = directory->entries; entry; entry = entry->next) {
		assert(tree_name_valid(entry->name, strlen(entry->name)));
		assert(!entry->next || strcmp(entry->name, entry->next->name) < 0);
		assert(entry->inode->names >= 1);
		assert(!S_ISDIR(entry->inode->mode) || entry->inode->names == 1);
	}
}

/* Counts an inode at the first of its names: later ones find its checksum set. */
static int check_file(void *context, const char *path, struct inode *inode, struct error *err)
{
	(void)path;
	(void)err;
	struct account *account = context;
	if (S_ISDIR(inode->mode))
		check_directory(inode);
	if (!S_ISREG(inode->mode) || inode->size == 0 || inode->checksum == 1)
		return 0;
	inode->checksum = 1;
	account->reached += inode->run_count == 1;
	account->lacking += inode->run_count == 0;
	return 0;
}

static void check_result(const struct flatten_result *result, struct account *account)
{
	struct error err;
	int walked = tree_walk(result->tree, check_file, account, &err);
	assert(walked == 0);
	assert(account->lacking == result->missing_count);
	assert(account->placed == account->reached + result->unused_count);
	for (size_t i = 0; i < result->missing_count; i++)
		assert(result->missing[i].inode->names > 0 &&
		       result->missing[i].inode->run_count == 0);
	for (size_t i = 1; i < result->unused_count; i++)
		assert(result->unused[i - 1].place < result->unused[i].place);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error err;
	struct account account = { 0 };
	struct flatten_limits limits = { .entries = 2000 };
	cleanup_flatten struct flatten *flatten = NULL;
	cleanup_flatten_result struct flatten_result result = { 0 };
	int done = flatten_new(&limits, &flatten, &err);
	assert(done == 0);
	if (add_lines(flatten, (const char *)bytes, size, &account, &err) < 0 ||
	    flatten_finish(flatten, &result, &err) < 0) {
		assert(err.kind == ERROR_INPUT && err.text[0] != '\0' && !result.tree);
		return 0;
	}
	check_result(&result, &account);
	tree_free(result.tree);
	return 0;
}
