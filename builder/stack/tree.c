// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/tree.h"

#include <assert.h>
#include <string.h>

#include "builder/stack/arena.h"

/* A stack of fixed-size items on the heap: directories nest deeper than the C stack may. */
struct stack {
	void *items;
	size_t count, capacity;
};

static void cleanup_stack_p(struct stack *stack)
{
	free(stack->items);
}
#define cleanup_stack CLEANUP(cleanup_stack_p)

static void *stack_push(struct stack *stack, size_t item_bytes, struct error *err)
{
	if (stack->count == stack->capacity) {
		size_t capacity = stack->capacity ? 2 * stack->capacity : 64;
		void *items = reallocarray(stack->items, capacity, item_bytes);
		if (!items) {
			(void)error_memory(err);
			return NULL;
		}
		stack->items = items;
		stack->capacity = capacity;
	}
	return (char *)stack->items + stack->count++ * item_bytes;
}

int tree_new(int64_t mtime_sec, struct tree **tree, struct error *err)
{
	cleanup_tree struct tree *made = calloc(1, sizeof(*made));
	if (!made)
		return error_memory(err);
	made->arena = arena_new();
	if (!made->arena)
		return error_memory(err);
	made->root = tree_inode(made, S_IFDIR | 0755);
	if (!made->root)
		return error_memory(err);
	made->root->mtime_sec = mtime_sec;
	*tree = take_ptr(made);
	return 0;
}

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	arena_free(tree->arena);
	free(tree);
}

struct inode *tree_inode(struct tree *tree, uint32_t mode)
{
	struct inode *inode = arena_alloc(tree->arena, sizeof(*inode));
	if (inode)
		inode->mode = mode;
	return inode;
}

bool tree_name_valid(const char *name, size_t length)
{
	if (length == 0 || length > TREE_NAME_BYTES || memchr(name, '/', length))
		return false;
	return !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

static int link_name(struct tree *tree, struct inode *directory, const char *name, size_t length,
		     struct inode *inode, struct error *err)
{
	assert(S_ISDIR(directory->mode));
	assert(!S_ISDIR(inode->mode) || (inode->names == 0 && inode != tree->root));
	if (!tree_name_valid(name, length))
		return error_input(err, "\"%.*s\" is no name for a file", TREE_NAME_BYTES, name);
	struct dirent *entry = arena_alloc(tree->arena, sizeof(*entry));
	if (!entry)
		return error_memory(err);
	entry->name = arena_copy(tree->arena, name, length);
	if (!entry->name)
		return error_memory(err);
	entry->inode = inode;
	entry->next = directory->entries;
	directory->entries = entry;
	inode->names++;
	return 0;
}

int tree_link(struct tree *tree, struct inode *directory, const char *name, struct inode *inode,
	      struct error *err)
{
	return link_name(tree, directory, name, strlen(name), inode, err);
}

static struct dirent *find_name(const struct inode *directory, const char *name, size_t length)
{
	for (struct dirent *entry = directory->entries; entry; entry = entry->next)
		if (strncmp(entry->name, name, length) == 0 && entry->name[length] == '\0')
			return entry;
	return NULL;
}

struct dirent *tree_find(const struct inode *directory, const char *name)
{
	return find_name(directory, name, strlen(name));
}

/* The directory called by the first `length` bytes of `name`, found or made. */
static int enter_directory(struct tree *tree, struct inode *directory, const char *name,
			   size_t length, int64_t mtime_sec, struct inode **entered,
			   struct error *err)
{
	struct dirent *entry = find_name(directory, name, length);
	if (entry) {
		if (!S_ISDIR(entry->inode->mode))
			return error_input(err, "\"%s\" is not a directory", entry->name);
		*entered = entry->inode;
		return 0;
	}
	struct inode *made = tree_inode(tree, S_IFDIR | 0755);
	if (!made)
		return error_memory(err);
	made->mtime_sec = mtime_sec;
	if (link_name(tree, directory, name, length, made, err) < 0)
		return -1;
	*entered = made;
	return 0;
}

int tree_make_directory(struct tree *tree, const char *path, int64_t mtime_sec,
			struct inode **directory, struct error *err)
{
	struct inode *at = tree->root;
	const char *rest = path + strspn(path, "/");
	while (*rest) {
		size_t length = strcspn(rest, "/");
		if (enter_directory(tree, at, rest, length, mtime_sec, &at, err) < 0)
			return error_prefix(err, "%s", path);
		rest += length;
		rest += strspn(rest, "/");
	}
	*directory = at;
	return 0;
}

int tree_graft(struct tree *tree, struct inode *directory, const char *name, struct tree *other,
	       struct error *err)
{
	if (tree_link(tree, directory, name, other->root, err) < 0)
		return -1;
	arena_adopt(tree->arena, take_ptr(other->arena));
	tree_free(other);
	return 0;
}

static struct dirent *merge(struct dirent *a, struct dirent *b)
{
	struct dirent *head = NULL, **end = &head;
	while (a && b) {
		struct dirent **least = strcmp(a->name, b->name) <= 0 ? &a : &b;
		*end = *least;
		end = &(*end)->next;
		*least = *end;
	}
	*end = a ? a : b;
	return head;
}

/* Merge sort from the bottom up: bins[i] is NULL or holds 2^i sorted names. */
static struct dirent *sort_names(struct dirent *list)
{
	struct dirent *bins[64] = { NULL };
	while (list) {
		struct dirent *carry = list;
		list = list->next;
		carry->next = NULL;
		size_t i = 0;
		for (; bins[i]; i++) {
			carry = merge(bins[i], carry);
			bins[i] = NULL;
		}
		bins[i] = carry;
	}
	struct dirent *sorted = NULL;
	for (size_t i = 0; i < sizeof(bins) / sizeof(bins[0]); i++)
		sorted = merge(bins[i], sorted);
	return sorted;
}

static int names_differ(const struct inode *directory, struct error *err)
{
	for (const struct dirent *entry = directory->entries; entry && entry->next;
	     entry = entry->next)
		if (strcmp(entry->name, entry->next->name) == 0)
			return error_input(err, "two files named \"%s\" in one directory",
					   entry->name);
	return 0;
}

/* Calls `step` for each directory, in no promised order. */
static int each_directory(struct tree *tree,
			  int (*step)(struct tree *tree, struct inode *directory,
				      struct error *err),
			  struct error *err)
{
	cleanup_stack struct stack stack = { NULL, 0, 0 };
	struct inode *directory = tree->root;
	for (;;) {
		if (step(tree, directory, err) < 0)
			return -1;
		for (struct dirent *entry = directory->entries; entry; entry = entry->next) {
			if (!S_ISDIR(entry->inode->mode))
				continue;
			struct inode **push = stack_push(&stack, sizeof(*push), err);
			if (!push)
				return -1;
			*push = entry->inode;
		}
		if (stack.count == 0)
			return 0;
		directory = ((struct inode **)stack.items)[--stack.count];
	}
}

static int sort_directory(struct tree *tree, struct inode *directory, struct error *err)
{
	(void)tree;
	for (struct dirent *entry = directory->entries; entry; entry = entry->next)
		entry->inode->names = 0;
	directory->entries = sort_names(directory->entries);
	return names_differ(directory, err);
}

static int count_directory(struct tree *tree, struct inode *directory, struct error *err)
{
	(void)err;
	for (struct dirent *entry = directory->entries; entry; entry = entry->next)
		if (entry->inode->names++ == 0)
			tree->inode_count++;
	return 0;
}

int tree_sort(struct tree *tree, struct error *err)
{
	if (each_directory(tree, sort_directory, err) < 0)
		return -1;
	tree->inode_count = 1;
	return each_directory(tree, count_directory, err);
}

/* A directory being walked: its next entry, and where its own path ends. */
struct walk_level {
	struct dirent *next;
	size_t path_length;
};

struct walk {
	struct stack levels;
	struct stack path; /* of characters */
};

static void cleanup_walk_p(struct walk *walk)
{
	cleanup_stack_p(&walk->levels);
	cleanup_stack_p(&walk->path);
}

static int walk_push(struct walk *walk, const struct inode *directory, struct error *err)
{
	struct walk_level *level = stack_push(&walk->levels, sizeof(*level), err);
	if (!level)
		return -1;
	level->next = directory->entries;
	level->path_length = walk->path.count;
	return 0;
}

static int walk_append(struct walk *walk, const char *text, size_t length, struct error *err)
{
	for (size_t i = 0; i < length; i++) {
		char *end = stack_push(&walk->path, 1, err);
		if (!end)
			return -1;
		*end = text[i];
	}
	return 0;
}

/* Makes the path that of `name` in the directory whose path is `length` bytes long. */
static int walk_name(struct walk *walk, size_t length, const char *name, struct error *err)
{
	walk->path.count = length;
	if (length > 0 && walk_append(walk, "/", 1, err) < 0)
		return -1;
	if (walk_append(walk, name, strlen(name) + 1, err) < 0)
		return -1;
	walk->path.count--; /* the NUL stays behind the end */
	return 0;
}

int tree_walk(const struct tree *tree,
	      int (*visit)(void *context, const char *path, struct inode *inode, struct error *err),
	      void *context, struct error *err)
{
	CLEANUP(cleanup_walk_p) struct walk walk = { 0 };
	if (visit(context, "", tree->root, err) < 0 || walk_push(&walk, tree->root, err) < 0)
		return -1;
	while (walk.levels.count > 0) {
		struct walk_level *level =
			(struct walk_level *)walk.levels.items + walk.levels.count - 1;
		struct dirent *entry = level->next;
		if (!entry) {
			walk.levels.count--;
			continue;
		}
		level->next = entry->next;
		if (walk_name(&walk, level->path_length, entry->name, err) < 0 ||
		    visit(context, walk.path.items, entry->inode, err) < 0)
			return -1;
		if (S_ISDIR(entry->inode->mode) && walk_push(&walk, entry->inode, err) < 0)
			return -1;
	}
	return 0;
}
