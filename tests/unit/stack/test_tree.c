// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/arena.h"
#include "builder/stack/content_checksum.h"
#include "builder/stack/tree.h"

static struct tree *new_tree(void)
{
	struct error err;
	struct tree *tree = NULL;
	assert_int_equal(tree_new(1700000000, &tree, &err), 0);
	return tree;
}

static struct inode *add(struct tree *tree, struct inode *directory, const char *name,
			 uint32_t mode)
{
	struct error err;
	struct inode *inode = tree_inode(tree, mode);
	assert_non_null(inode);
	assert_int_equal(tree_link(tree, directory, name, inode, &err), 0);
	return inode;
}

static void test_arena_keeps_objects_aligned_zero_and_apart(void **state)
{
	(void)state;
	cleanup_arena struct arena *arena = arena_new();
	unsigned char *objects[400];
	char *strings[400];
	assert_non_null(arena);
	for (size_t i = 0; i < 400; i++) {
		size_t size = (i * 37) % 3000 + (i % 100 == 99 ? 2000000 : 0);
		strings[i] = arena_copy(arena, "abcdefgh", i % 9);
		objects[i] = arena_alloc(arena, size);
		assert_non_null(strings[i]);
		assert_non_null(objects[i]);
		assert_int_equal((uintptr_t)objects[i] % 8, 0);
		for (size_t at = 0; at < size; at++)
			assert_int_equal(objects[i][at], 0);
		memset(objects[i], 0xff, size);
	}
	for (size_t i = 0; i < 400; i++)
		assert_memory_equal(strings[i], "abcdefgh", i % 9);
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_alloc(arena, PTRDIFF_MAX - 8));
	assert_null(arena_copy(arena, "", SIZE_MAX));
}

static void test_arena_takes_over_another(void **state)
{
	(void)state;
	cleanup_arena struct arena *arena = arena_new();
	struct arena *empty = arena_new(), *other = arena_new();
	assert_non_null(arena);
	assert_non_null(empty);
	assert_non_null(other);
	char *text = arena_copy(other, "text", 4);
	arena_adopt(arena, empty);
	arena_adopt(arena, other);
	assert_string_equal(text, "text");
	assert_non_null(arena_copy(arena, "more", 4));
}

static void test_names_are_checked(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "", false },   { ".", false },  { "..", false },      { "a/b", false },
		{ "...", true }, { ".a", true },  { ".wh.x", true },    { "a\n", true },
		{ " ", true },   { "..a", true }, { "\xff\xfe", true }, { "/", false },
	};
	cleanup_tree struct tree *tree = new_tree();
	struct inode *file = tree_inode(tree, S_IFREG | 0644);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		print_message("name \"%s\"\n", rows[i].name);
		int result = tree_link(tree, tree->root, rows[i].name, file, &err);
		assert_int_equal(result, rows[i].valid ? 0 : -1);
		assert_int_equal(err.kind, rows[i].valid ? ERROR_NONE : ERROR_INPUT);
	}
	char name[257];
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	struct error err = { 0 };
	assert_int_equal(tree_link(tree, tree->root, name, file, &err), -1);
	name[255] = '\0';
	assert_int_equal(tree_link(tree, tree->root, name, file, &err), 0);
}

static void test_sort_orders_by_bytes_and_counts(void **state)
{
	(void)state;
	struct error err;
	cleanup_tree struct tree *tree = new_tree();
	struct inode *file = add(tree, tree->root, "b", S_IFREG | 0644);
	struct inode *directory = add(tree, tree->root, "\xc3\xa9", S_IFDIR | 0755);
	add(tree, tree->root, "a.b", S_IFDIR | 0755);
	add(tree, tree->root, "a", S_IFDIR | 0755);
	assert_int_equal(tree_link(tree, directory, "again", file, &err), 0);
	assert_int_equal(tree_sort(tree, &err), 0);
	static const char *const order[] = { "a", "a.b", "b", "\xc3\xa9" };
	struct dirent *entry = tree->root->entries;
	for (size_t i = 0; i < 4; i++, entry = entry->next)
		assert_string_equal(entry->name, order[i]);
	assert_null(entry);
	assert_int_equal(file->names, 2);
	assert_int_equal(directory->names, 1);
	assert_int_equal(tree->inode_count, 5);
	assert_int_equal(tree_sort(tree, &err), 0); /* and again, to the same */
	assert_int_equal(tree->inode_count, 5);
	assert_int_equal(file->names, 2);
}

static void test_sort_refuses_a_name_twice(void **state)
{
	(void)state;
	struct error err = { 0 };
	cleanup_tree struct tree *tree = new_tree();
	struct inode *directory = add(tree, tree->root, "etc", S_IFDIR | 0755);
	add(tree, directory, "passwd", S_IFREG | 0644);
	add(tree, directory, "group", S_IFREG | 0644);
	add(tree, directory, "passwd", S_IFREG | 0644);
	assert_int_equal(tree_sort(tree, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, "\"passwd\""));
}

static void test_a_large_directory_is_sorted(void **state)
{
	(void)state;
	enum { NAMES = 200000 };
	struct error err;
	cleanup_tree struct tree *tree = new_tree();
	for (uint32_t i = 0; i < NAMES; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "%08x", i * 2654435761u);
		add(tree, tree->root, name, S_IFREG | 0644);
	}
	assert_int_equal(tree_sort(tree, &err), 0);
	size_t count = 1;
	for (struct dirent *entry = tree->root->entries; entry->next; entry = entry->next, count++)
		assert_true(strcmp(entry->name, entry->next->name) < 0);
	assert_int_equal(count, NAMES);
	assert_int_equal(tree->inode_count, NAMES + 1);
}

static int longest_path(void *context, const char *path, struct inode *inode, struct error *err)
{
	(void)inode;
	(void)err;
	size_t *longest = context;
	if (strlen(path) > *longest)
		*longest = strlen(path);
	return 0;
}

static void test_depth_needs_no_c_stack(void **state)
{
	(void)state;
	enum { DEPTH = 5000 };
	struct error err;
	cleanup_tree struct tree *tree = new_tree();
	struct inode *at = tree->root;
	for (int i = 0; i < DEPTH; i++)
		at = add(tree, at, "d", S_IFDIR | 0755);
	assert_int_equal(tree_sort(tree, &err), 0);
	assert_int_equal(tree->inode_count, DEPTH + 1);
	size_t longest = 0;
	assert_int_equal(tree_walk(tree, longest_path, &longest, &err), 0);
	assert_int_equal(longest, 2 * DEPTH - 1);
}

static int append_path(void *context, const char *path, struct inode *inode, struct error *err)
{
	char *text = context;
	if (strcmp(path, "stop") == 0)
		return error_input(err, "stopped");
	(void)sprintf(text + strlen(text), "%s%s ", path, S_ISDIR(inode->mode) ? "/" : "");
	return 0;
}

static void test_walk_visits_directories_before_what_they_hold(void **state)
{
	(void)state;
	struct error err;
	char text[200] = "";
	cleanup_tree struct tree *tree = new_tree();
	struct inode *usr = add(tree, tree->root, "usr", S_IFDIR | 0755);
	add(tree, tree->root, "bin", S_IFLNK | 0777)->target = "usr/bin";
	add(tree, usr, "lib", S_IFDIR | 0755);
	struct inode *bin = add(tree, usr, "bin", S_IFDIR | 0755);
	add(tree, bin, "sh", S_IFREG | 0755);
	add(tree, tree->root, "var", S_IFDIR | 0755);
	assert_int_equal(tree_sort(tree, &err), 0);
	assert_int_equal(tree_walk(tree, append_path, text, &err), 0);
	assert_string_equal(text, "/ bin usr/ usr/bin/ usr/bin/sh usr/lib/ var/ ");

	add(tree, tree->root, "stop", S_IFREG | 0644);
	assert_int_equal(tree_sort(tree, &err), 0);
	text[0] = '\0';
	assert_int_equal(tree_walk(tree, append_path, text, &err), -1);
	assert_string_equal(err.text, "stopped");
	assert_string_equal(text, "/ bin ");
}

static void test_make_directory_finds_and_makes(void **state)
{
	(void)state;
	struct error err = { 0 };
	struct inode *directory = NULL, *same = NULL;
	cleanup_tree struct tree *tree = new_tree();
	struct inode *usr = add(tree, tree->root, "usr", S_IFDIR | 0700);
	add(tree, usr, "lib64", S_IFLNK | 0777)->target = "lib";
	assert_int_equal(tree_make_directory(tree, "usr/lib/podseal", 12, &directory, &err), 0);
	assert_int_equal(directory->mode, S_IFDIR | 0755);
	assert_int_equal(directory->mtime_sec, 12);
	assert_int_equal(usr->mode, S_IFDIR | 0700);
	assert_int_equal(tree_make_directory(tree, "/usr//lib/podseal/", 13, &same, &err), 0);
	assert_ptr_equal(same, directory);
	assert_int_equal(tree_make_directory(tree, "/", 13, &same, &err), 0);
	assert_ptr_equal(same, tree->root);
	assert_ptr_equal(tree_find(tree->root, "usr")->inode, usr);
	assert_null(tree_find(usr, "li"));

	assert_int_equal(tree_make_directory(tree, "usr/lib64/x", 12, &directory, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.text, "usr/lib64/x: \"lib64\" is not a directory");
	assert_int_equal(tree_make_directory(tree, "usr/../etc", 12, &directory, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void test_graft_moves_a_tree(void **state)
{
	(void)state;
	struct error err;
	char text[200] = "";
	cleanup_tree struct tree *tree = new_tree();
	cleanup_tree struct tree *other = new_tree();
	add(tree, other->root, "etc", S_IFDIR | 0755);
	struct inode *directory = NULL;
	assert_int_equal(tree_make_directory(tree, "containers/web", 0, &directory, &err), 0);
	assert_int_equal(tree_graft(tree, directory, "a/b", other, &err), -1); /* other remains */
	assert_int_equal(tree_graft(tree, directory, "rootfs", take_ptr(other), &err), 0);
	assert_int_equal(tree_sort(tree, &err), 0);
	assert_int_equal(tree->inode_count, 5);
	assert_int_equal(tree_walk(tree, append_path, text, &err), 0);
	assert_string_equal(text, "/ containers/ containers/web/ containers/web/rootfs/ "
				  "containers/web/rootfs/etc/ ");
}

/* CRC-64/XZ, the usual name of this polynomial and form, has this check value in the catalogue of
 * parametrised CRC algorithms (Greg Cook); pieces give what the whole gives. */
static void test_checksum_is_crc64_xz(void **state)
{
	(void)state;
	uint64_t whole = content_checksum_update(0, "123456789", 9);
	assert_true(whole == UINT64_C(0x995dc9bbdf1939fa));
	uint64_t pieces =
		content_checksum_update(content_checksum_update(0, "1234", 4), "56789", 5);
	assert_true(pieces == whole);
	assert_true(content_checksum_update(0, "", 0) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena_keeps_objects_aligned_zero_and_apart),
		cmocka_unit_test(test_arena_takes_over_another),
		cmocka_unit_test(test_names_are_checked),
		cmocka_unit_test(test_sort_orders_by_bytes_and_counts),
		cmocka_unit_test(test_sort_refuses_a_name_twice),
		cmocka_unit_test(test_a_large_directory_is_sorted),
		cmocka_unit_test(test_depth_needs_no_c_stack),
		cmocka_unit_test(test_walk_visits_directories_before_what_they_hold),
		cmocka_unit_test(test_make_directory_finds_and_makes),
		cmocka_unit_test(test_graft_moves_a_tree),
		cmocka_unit_test(test_checksum_is_crc64_xz),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
