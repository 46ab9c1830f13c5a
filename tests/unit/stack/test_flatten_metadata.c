// SPDX-License-Identifier: Apache-2.0
/* What flatten keeps of an entry, what it refuses, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/flatten.h"

static int flatten_entries(const struct layer_entry *entries, size_t count, uint64_t limit,
			   struct tree **tree, struct error *err)
{
	struct flatten_limits limits = { .entries = limit };
	struct inode *content;
	cleanup_flatten struct flatten *flatten = NULL;
	cleanup_flatten_result struct flatten_result result = { 0 };
	if (flatten_new(&limits, &flatten, err) < 0 || flatten_begin_layer(flatten, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (flatten_entry(flatten, &entries[i], &content, err) < 0)
			return -1;
	if (flatten_finish(flatten, &result, err) < 0)
		return -1;
	*tree = result.tree;
	return 0;
}

static void test_metadata_is_kept(void **state)
{
	(void)state;
	static const struct layer_xattr xattrs[] = {
		{ "user.b", (const uint8_t *)"2", 1 },
		{ "trusted.overlay.opaque", (const uint8_t *)"y", 1 },
		{ "security.capability", (const uint8_t *)"\1\0\0\2", 4 },
		{ "com.apple.provenance", (const uint8_t *)"", 0 },
		{ "user.a", NULL, 0 },
	};
	static const struct layer_xattr same[] = {
		{ "security.capability", (const uint8_t *)"\1\0\0\2", 4 },
		{ "user.a", NULL, 0 },
		{ "user.b", (const uint8_t *)"2", 1 },
	};
	static const struct layer_entry entries[] = {
		{ .path = "f",
		  .mode = S_IFREG | 06755,
		  .uid = 1000,
		  .gid = 4000000000,
		  .mtime_sec = -5,
		  .mtime_nsec = 999999999,
		  .size = (UINT64_C(1) << 44) - 4096,
		  .xattrs = xattrs,
		  .xattr_count = 5 },
		{ .path = "g", .mode = S_IFREG | 0644, .xattrs = same, .xattr_count = 3 },
		{ .path = "h", .mode = S_IFREG | 0644, .xattrs = same, .xattr_count = 2 },
		{ .path = "i", .mode = S_IFREG | 0644, .xattrs = &xattrs[1], .xattr_count = 1 },
		{ .path = "c", .mode = S_IFCHR | 0666, .major = 4095, .minor = 1048575 },
		{ .path = "s", .mode = S_IFLNK | 0600, .symlink = "to/f" },
	};
	struct error err;
	cleanup_tree struct tree *tree = NULL;
	assert_int_equal(flatten_entries(entries, 6, 100, &tree, &err), 0);
	const struct inode *f = tree_find(tree->root, "f")->inode;
	assert_int_equal(f->mode, S_IFREG | 06755);
	assert_int_equal(f->uid, 1000);
	assert_int_equal(f->gid, 4000000000);
	assert_int_equal(f->mtime_sec, -5);
	assert_int_equal(f->mtime_nsec, 999999999);
	assert_int_equal(f->size, (UINT64_C(1) << 44) - 4096);
	assert_int_equal(f->xattrs->count, 3);
	assert_string_equal(f->xattrs->items[0].name, "security.capability");
	assert_int_equal(f->xattrs->items[0].size, 4);
	assert_memory_equal(f->xattrs->items[0].value, "\1\0\0\2", 4);
	assert_string_equal(f->xattrs->items[1].name, "user.a");
	assert_int_equal(f->xattrs->items[1].size, 0);
	assert_string_equal(f->xattrs->items[2].name, "user.b");
	assert_ptr_equal(tree_find(tree->root, "g")->inode->xattrs, f->xattrs);
	assert_int_equal(tree_find(tree->root, "h")->inode->xattrs->count, 2);
	assert_null(tree_find(tree->root, "i")->inode->xattrs);
	const struct inode *c = tree_find(tree->root, "c")->inode;
	assert_int_equal(c->device.major, 4095);
	assert_int_equal(c->device.minor, 1048575);
	const struct inode *s = tree_find(tree->root, "s")->inode;
	assert_int_equal(s->mode, S_IFLNK | 0777);
	assert_int_equal(s->size, 4);
	assert_string_equal(s->target, "to/f");
	assert_int_equal(tree->root->mode, S_IFDIR | 0755);
	assert_int_equal(tree->root->mtime_sec, 0);
	assert_int_equal(tree->inode_count, 7);
}

static void test_times_that_ext4_cannot_say_move_to_the_end(void **state)
{
	(void)state;
	static const struct {
		int64_t seconds;
		uint32_t nanoseconds;
		int64_t kept_seconds;
		uint32_t kept_nanoseconds;
	} rows[] = {
		{ INT64_MIN, 7, -2147483648, 0 },   { -2147483649, 7, -2147483648, 0 },
		{ -2147483648, 7, -2147483648, 7 }, { 15032385535, 7, 15032385535, 7 },
		{ 15032385536, 7, 15032385535, 0 }, { 20000000000, 7, 15032385535, 0 },
		{ INT64_MAX, 7, 15032385535, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* the directory is made for the file, with its time */
		const struct layer_entry entry = { .path = "d/f",
						   .mode = S_IFREG | 0644,
						   .mtime_sec = rows[i].seconds,
						   .mtime_nsec = rows[i].nanoseconds };
		struct error err;
		cleanup_tree struct tree *tree = NULL;
		assert_int_equal(flatten_entries(&entry, 1, 100, &tree, &err), 0);
		const struct inode *d = tree_find(tree->root, "d")->inode;
		const struct inode *f = tree_find(d, "f")->inode;
		assert_true(f->mtime_sec == rows[i].kept_seconds);
		assert_int_equal(f->mtime_nsec, rows[i].kept_nanoseconds);
		assert_true(d->mtime_sec == f->mtime_sec && d->mtime_nsec == f->mtime_nsec);
	}
}

static void test_many_sets_of_attributes_are_kept_apart(void **state)
{
	(void)state;
	enum { SETS = 1000 };
	static struct layer_entry entries[2 * SETS];
	static struct layer_xattr xattrs[2 * SETS];
	static uint32_t values[2 * SETS];
	static char paths[2 * SETS][8];
	for (uint32_t i = 0; i < 2 * SETS; i++) {
		values[i] = i % SETS;
		(void)sprintf(paths[i], "%u", i);
		xattrs[i] = (struct layer_xattr){ "user.n", (const uint8_t *)&values[i], 4 };
		entries[i] = (struct layer_entry){ .path = paths[i],
						   .mode = S_IFREG | 0644,
						   .xattrs = &xattrs[i],
						   .xattr_count = 1 };
	}
	struct error err;
	cleanup_tree struct tree *tree = NULL;
	assert_int_equal(flatten_entries(entries, 2 * SETS, 2 * SETS, &tree, &err), 0);
	for (uint32_t i = 0; i < SETS; i++) {
		const struct xattr_set *set = tree_find(tree->root, paths[i])->inode->xattrs;
		assert_memory_equal(set->items[0].value, &values[i], 4);
		assert_ptr_equal(set, tree_find(tree->root, paths[i + SETS])->inode->xattrs);
	}
}

static char *repeat(const char *text, size_t times)
{
	char *made = calloc(times, strlen(text) + 1);
	assert_non_null(made);
	for (size_t i = 0; i < times; i++)
		(void)strcpy(made + i * strlen(text), text);
	return made;
}

static void test_what_cannot_be_held_is_refused(void **state)
{
	(void)state;
	cleanup_free char *name = repeat("n", 256), *path = repeat("d/", 2049);
	cleanup_free char *huge = repeat("x", 65536);
	static const struct layer_xattr twice[] = { { "user.a", NULL, 0 }, { "user.a", NULL, 0 } };
	static const struct layer_xattr unknown = { "system.foo", NULL, 0 };
	static const struct layer_xattr nameless = { "user.", NULL, 0 };
	static const struct layer_xattr bare = { "user", NULL, 0 };
	const struct layer_xattr large = { "user.a", (const uint8_t *)huge, 4090 };
	const struct layer_xattr endless = { "user.a", (const uint8_t *)huge, SIZE_MAX };
	const struct {
		const char *message;
		struct layer_entry entry;
	} refused[] = {
		{ "a name of 256 bytes, at most 255", { .path = name, .mode = S_IFREG } },
		{ "xxx...: a path of more than 4096", { .path = huge, .mode = S_IFREG } },
		{ "a path of more than 4096", { .path = path, .mode = S_IFDIR } },
		{ "target of the hard link: a path of", { .path = "a", .hardlink = path } },
		{ "target of the hard link: a name of", { .path = "a", .hardlink = name } },
		{ "link to nothing", { .path = "a", .mode = S_IFLNK, .symlink = "" } },
		{ "link to nothing", { .path = "a", .mode = S_IFLNK } },
		{ "more than 4095", { .path = "a", .mode = S_IFLNK, .symlink = huge } },
		{ "a: mode 0140644: a kind of file", { .path = "a", .mode = S_IFSOCK | 0644 } },
		{ "mode 0000644", { .path = "a", .mode = 0644 } },
		{ "17592186040321 bytes",
		  { .path = "a", .mode = S_IFREG, .size = (UINT64_C(1) << 44) - 4095 } },
		{ "device 4096:0", { .path = "a", .mode = S_IFBLK, .major = 4096 } },
		{ "device 0:1048576", { .path = "a", .mode = S_IFCHR, .minor = 1048576 } },
		{ "1000000000 nano", { .path = "a", .mode = S_IFREG, .mtime_nsec = 1000000000 } },
		{ "\"user.a\" twice",
		  { .path = "a", .mode = S_IFREG, .xattrs = twice, .xattr_count = 2 } },
		{ "\"system.foo\"",
		  { .path = "a", .mode = S_IFREG, .xattrs = &unknown, .xattr_count = 1 } },
		{ "\"user.\"", /* umoci fails too: invalid argument */
		  { .path = "a", .mode = S_IFREG, .xattrs = &nameless, .xattr_count = 1 } },
		{ "\"user\"", { .path = "a", .mode = S_IFREG, .xattrs = &bare, .xattr_count = 1 } },
		{ "more than 4096 bytes",
		  { .path = "a", .mode = S_IFREG, .xattrs = &large, .xattr_count = 1 } },
		{ "more than 4096 bytes",
		  { .path = "a", .mode = S_IFREG, .xattrs = &endless, .xattr_count = 1 } },
	};
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct error err = { 0 };
		struct tree *tree = NULL;
		print_message("%s\n", refused[i].message);
		assert_int_equal(flatten_entries(&refused[i].entry, 1, 100, &tree, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(tree);
		if (!strstr(err.text, refused[i].message))
			fail_msg("message: %s", err.text);
	}
}

static void test_limits_hold(void **state)
{
	(void)state;
	cleanup_free char *deep = repeat("d/", 2048), *other = repeat("e/", 2048),
			  *third = repeat("f/", 2048);
	const struct layer_entry entries[] = {
		{ .path = deep, .mode = S_IFDIR | 0755 },
		{ .path = other, .mode = S_IFDIR | 0755 },
		{ .path = third, .mode = S_IFDIR | 0755 },
	};
	struct error err = { 0 };
	cleanup_tree struct tree *tree = NULL;
	assert_int_equal(flatten_entries(entries, 2, 2, &tree, &err), 0);
	assert_int_equal(tree->inode_count, 4097);
	assert_int_equal(flatten_entries(entries, 2, 1, &tree, &err), -1);
	assert_non_null(strstr(err.text, "more than 1 files"));
	assert_int_equal(flatten_entries(entries, 3, 3, &tree, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, "more than 4099 paths"));
}

static void add_entry(struct flatten *flatten, const char *path, uint32_t mode, const char *symlink)
{
	struct error err;
	struct inode *content;
	struct layer_entry entry = { .path = path, .mode = mode, .symlink = symlink };
	assert_int_equal(flatten_entry(flatten, &entry, &content, &err), 0);
}

/* 255 links of 2,000 components each may be followed, but not for each of many files. */
static void test_following_links_is_bounded(void **state)
{
	(void)state;
	struct error err = { 0 };
	char path[8], target[4100];
	cleanup_free char *dots = repeat("./", 2000);
	struct flatten_limits limits = { .entries = 1000 };
	cleanup_flatten struct flatten *flatten = NULL;
	cleanup_flatten_result struct flatten_result result = { 0 };
	assert_int_equal(flatten_new(&limits, &flatten, &err), 0);
	assert_int_equal(flatten_begin_layer(flatten, 0, &err), 0);
	add_entry(flatten, "s0", S_IFDIR | 0755, NULL);
	for (unsigned i = 1; i <= 255; i++) {
		(void)sprintf(path, "s%u", i);
		(void)sprintf(target, "%ss%u", dots, i - 1);
		add_entry(flatten, path, S_IFLNK | 0777, target);
	}
	for (unsigned i = 0; i < 200; i++)
		add_entry(flatten, "s255/x", S_IFREG | 0644, NULL);
	assert_int_equal(flatten_finish(flatten, &result, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, "symbolic links lead to endless paths"));
}

/* A walk of the directory for each of these entries would not come to an end. */
static void test_removing_again_and_again_takes_no_longer(void **state)
{
	(void)state;
	enum { TIMES = 100000 };
	struct error err = { 0 };
	char path[16];
	struct flatten_limits limits = { .entries = 10 * TIMES };
	cleanup_flatten struct flatten *flatten = NULL;
	cleanup_flatten_result struct flatten_result result = { 0 };
	assert_int_equal(flatten_new(&limits, &flatten, &err), 0);
	assert_int_equal(flatten_begin_layer(flatten, 1, &err), 0);
	for (unsigned i = 0; i < TIMES; i++) {
		(void)sprintf(path, "new/%u", i);
		add_entry(flatten, path, S_IFREG | 0644, NULL);
		add_entry(flatten, "new/.wh..wh..opq", S_IFREG, NULL);
		add_entry(flatten, ".wh.new", S_IFREG, NULL);
		add_entry(flatten, "old", i % 2 ? S_IFDIR | 0755 : S_IFREG | 0644, NULL);
	}
	assert_int_equal(flatten_begin_layer(flatten, 0, &err), 0);
	for (unsigned i = 0; i < TIMES; i++) {
		(void)sprintf(path, "old/%u", i);
		add_entry(flatten, path, S_IFREG | 0644, NULL);
	}
	assert_int_equal(flatten_finish(flatten, &result, &err), 0);
	cleanup_tree struct tree *tree = result.tree;
	assert_int_equal(tree->inode_count, TIMES + 3);
	assert_null(tree_find(tree->root, "old")->inode->entries);
}

static void test_layer_numbers_are_bounded(void **state)
{
	(void)state;
	struct error err = { 0 };
	struct flatten_limits limits = { .entries = 10 };
	cleanup_flatten struct flatten *flatten = NULL;
	assert_int_equal(flatten_new(&limits, &flatten, &err), 0);
	assert_int_equal(flatten_begin_layer(flatten, 65534, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(flatten_begin_layer(flatten, 65533, &err), 0);
	assert_int_equal(flatten_begin_layer(flatten, 0, &err), 0);
}

/* The pipeline fills in what was missing after the merge. */
static void test_missing_content_is_filled_in(void **state)
{
	(void)state;
	static const struct layer_entry below[] = {
		{ .path = "a", .mode = S_IFREG | 0644, .size = 100000 },
		{ .path = "b", .hardlink = "a" },
	};
	static const struct layer_entry above = { .path = "a", .mode = S_IFREG | 0644 };
	static const struct data_run runs[] = { { 7, 0, 2 }, { 20, 5, 3 } };
	struct error err;
	struct inode *content = NULL;
	struct flatten_limits limits = { .entries = 10 };
	cleanup_flatten struct flatten *flatten = NULL;
	cleanup_flatten_result struct flatten_result result = { 0 };
	assert_int_equal(flatten_new(&limits, &flatten, &err), 0);
	assert_int_equal(flatten_begin_layer(flatten, 1, &err), 0);
	assert_int_equal(flatten_entry(flatten, &above, &content, &err), 0);
	assert_null(content);
	assert_int_equal(flatten_begin_layer(flatten, 0, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(flatten_entry(flatten, &below[i], &content, &err), 0);
		assert_null(content);
	}
	assert_int_equal(flatten_finish(flatten, &result, &err), 0);
	cleanup_tree struct tree *tree = result.tree;
	assert_int_equal(result.missing_count, 1);
	assert_int_equal(result.missing[0].ordinal, 0);
	struct inode *inode = result.missing[0].inode;
	assert_ptr_equal(inode, tree_find(tree->root, "b")->inode);
	assert_int_equal(flatten_set_runs(flatten, inode, runs, 2, &err), 0);
	assert_int_equal(inode->run_count, 2);
	assert_memory_equal(inode->runs, runs, sizeof(runs));
	assert_int_equal(flatten_set_runs(flatten, inode, runs, 1, &err), 0);
	assert_int_equal(inode->run.place, 7);
	assert_int_equal(flatten_set_runs(flatten, inode, NULL, 0, &err), 0);
	assert_int_equal(inode->run_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metadata_is_kept),
		cmocka_unit_test(test_times_that_ext4_cannot_say_move_to_the_end),
		cmocka_unit_test(test_many_sets_of_attributes_are_kept_apart),
		cmocka_unit_test(test_what_cannot_be_held_is_refused),
		cmocka_unit_test(test_limits_hold),
		cmocka_unit_test(test_following_links_is_bounded),
		cmocka_unit_test(test_removing_again_and_again_takes_no_longer),
		cmocka_unit_test(test_layer_numbers_are_bounded),
		cmocka_unit_test(test_missing_content_is_filled_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
