// SPDX-License-Identifier: Apache-2.0
/* What the writer makes is a clean file system to e2fsck, whatever the tree looks like. */
#include "tests/unit/ext4/image.h"

static void finish(struct image *image)
{
	image_make(image);
	image_check(image);
	image_close(image);
}

static void test_empty_root_has_the_profile(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 100000);
	image_make(&image);
	image_check(&image);
	image_expect(&image, "dumpe2fs -h %s",
		     "Filesystem features:      ext_attr dir_index sparse_super2 filetype extent "
		     "flex_bg dir_nlink extra_isize metadata_csum\n");
	image_expect(&image, "dumpe2fs -h %s",
		     "Filesystem UUID:          12345678-9abc-4def-8001-020304050600\n");
	image_expect(&image, "TZ=UTC dumpe2fs -h %s",
		     "Filesystem created:       Tue Nov 14 22:13:20 2023\n");
	image_expect(&image, "dumpe2fs -h %s", "Filesystem state:         clean\n");
	image_expect(&image, "dumpe2fs -h %s", "Inode count:              16\n");
	/* superblock, descriptors, two bitmaps, inode table, root directory */
	assert_int_equal(image.total_blocks, 6);
	image_close(&image);
}

/* 16 names take one block of inode table: the reserved ones, the root's and these. */
static void test_inodes_are_as_few_as_possible(void **state)
{
	(void)state;
	for (unsigned files = 5; files <= 7; files++) {
		struct image image;
		char name[8];
		image_open(&image, 100000);
		for (unsigned i = 0; i < files; i++) {
			snprintf(name, sizeof(name), "f%u", i);
			image_add(&image, image.tree->root, name, S_IFREG | 0644);
		}
		image_make(&image);
		image_check(&image);
		assert_int_equal(image.total_blocks, files <= 6 ? 6 : 7);
		image_close(&image);
	}
}

static void add_names(struct image *image, struct inode *directory, unsigned count, int length,
		      uint32_t mode)
{
	char name[256];
	assert_true(length < (int)sizeof(name));
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%0*x", length, i * 2654435761U);
		image_add(image, directory, name, mode);
	}
}

static void test_index_of_one_level(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 100000);
	add_names(&image, image.tree->root, 30000, 12, S_IFREG | 0600);
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'htree_dump /' %s", "Indirect levels: 0");
	image_close(&image);
}

static void test_index_of_two_levels(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 200000);
	add_names(&image, image.tree->root, 100000, 250, S_IFREG | 0600);
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'htree_dump /' %s | head -n 8", "Indirect levels: 1");
	image_close(&image);
}

/* One block holds so many names and no more; directories of 2 to 6 blocks lie in single blocks or
 * in a run. */
static void test_directories_around_each_size(void **state)
{
	(void)state;
	static const unsigned counts[] = { 14, 15, 16, 30, 31, 45, 46, 60, 61, 75, 76, 90 };
	struct image image;
	char name[32];
	image_open(&image, 100000);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(name, sizeof(name), "d%u", counts[i]);
		struct inode *directory = image_add(&image, image.tree->root, name, S_IFDIR | 0755);
		add_names(&image, directory, counts[i], 255, S_IFREG | 0600);
	}
	finish(&image);
}

static void test_70000_subdirectories(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 200000);
	add_names(&image, image.tree->root, 70000, 8, S_IFDIR | 0755);
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'stat /' %s", "Links: 1 ");
	image_close(&image);
}

static void test_deep_tree(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 100000);
	struct inode *directory = image.tree->root;
	for (unsigned i = 0; i < 1500; i++)
		directory = image_add(&image, directory, "d", S_IFDIR | 0755);
	finish(&image);
}

static void test_links(void **state)
{
	(void)state;
	struct image image;
	char name[16], target[4096];
	image_open(&image, 100000);
	struct inode *root = image.tree->root;
	struct inode *file = image_add_text(&image, root, "file", "content");
	for (unsigned i = 1; i < 65000; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_done(&image, tree_link(image.tree, root, name, file, &image.err));
	}
	memset(target, 'x', sizeof(target) - 1);
	target[4095] = '\0';
	image_add_link(&image, root, "longest", target);
	image_add_link(&image, root, "slow", target + 4095 - 60);
	image_add_link(&image, root, "fast", target + 4095 - 59);
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'stat file' %s", "Links: 65000 ");
	image_close(&image);
}

/* Two files whose blocks alternate have an extent for each block. */
static void interleave(struct image *image, unsigned blocks)
{
	struct inode *files[2];
	struct data_run *runs[2];
	for (unsigned f = 0; f < 2; f++) {
		files[f] = image_add(image, image->tree->root, f ? "odd" : "even", S_IFREG | 0644);
		files[f]->size = (uint64_t)blocks * EXT4_BLOCK_BYTES;
		files[f]->run_count = blocks;
		runs[f] = calloc(blocks, sizeof(*runs[f]));
		assert_non_null(runs[f]);
		files[f]->runs = runs[f];
	}
	for (unsigned i = 0; i < blocks; i++) {
		for (unsigned f = 0; f < 2; f++)
			runs[f][i] = (struct data_run){ image_place(image), i, 1 };
	}
	if (blocks == 1) {
		for (unsigned f = 0; f < 2; f++)
			files[f]->run = runs[f][0];
	}
	image_make(image);
	image_check(image);
	free(runs[0]);
	free(runs[1]);
}

static void test_extents_of_every_depth(void **state)
{
	(void)state;
	/* debugfs prints "level/levels entry/entries" for each entry of the tree. */
	static const struct {
		unsigned extents;
		const char *levels;
	} rows[] = {
		{ 1, " 0/ 0 " },   { 4, " 0/ 0 " },    { 5, " 1/ 1 " },    { 340, " 1/ 1 " },
		{ 341, " 1/ 1 " }, { 1360, " 1/ 1 " }, { 1361, " 2/ 2 " }, { 2000, " 2/ 2 " },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image;
		image_open(&image, 20000);
		interleave(&image, rows[i].extents);
		image_expect(&image, "debugfs -R 'ex even' %s | tail -n 1", rows[i].levels);
		image_close(&image);
	}
}

static void test_file_in_several_groups(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 200000);
	image_add_blocks(&image, image.tree->root, "large", 90000);
	image_add_blocks(&image, image.tree->root, "small", 3);
	finish(&image);
}

static void test_sizes_around_group_boundaries(void **state)
{
	(void)state;
	for (uint32_t groups = 1; groups <= 2; groups++) {
		for (uint32_t blocks = groups * 32768 - 14; blocks <= groups * 32768 + 2;
		     blocks++) {
			struct image image;
			image_open(&image, 200000);
			image_add_blocks(&image, image.tree->root, "f", blocks);
			finish(&image);
		}
	}
}

/* More inodes than one group numbers, in few blocks: groups become smaller. */
static void test_more_files_than_a_group_numbers(void **state)
{
	(void)state;
	static const unsigned counts[] = { 32757, 32758, 65525, 65526, 150000 };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct image image;
		image_open(&image, 100000);
		add_names(&image, image.tree->root, counts[i], 8, S_IFREG | 0600);
		finish(&image);
	}
}

static void test_sparse_file(void **state)
{
	(void)state;
	struct image image;
	struct data_run runs[3];
	image_open(&image, 100000);
	struct inode *inode = image_add(&image, image.tree->root, "sparse", S_IFREG | 0644);
	static const uint32_t at[] = { 1, 1000000, 0xfffffffd };
	for (unsigned i = 0; i < 3; i++)
		runs[i] = (struct data_run){ image_place(&image), at[i], 1 };
	inode->run_count = 3;
	inode->runs = runs;
	inode->size = UINT64_C(0xffffffff) * EXT4_BLOCK_BYTES;
	struct inode *hole = image_add(&image, image.tree->root, "hole", S_IFREG | 0644);
	hole->size = 12345;
	image_make(&image);
	image_check(&image);
	image_expect(&image, "dumpe2fs -h %s", "large_file");
	image_expect(&image, "debugfs -R 'stat sparse' %s", "Blockcount: 24\n");
	image_close(&image);
}

static void test_free_ranges_are_used_first(void **state)
{
	(void)state;
	static const uint64_t lengths[] = { 1, 2, 700, 3, 5000 };
	enum { RANGES = sizeof(lengths) / sizeof(lengths[0]) };
	for (unsigned files = 10; files <= 40000; files *= 8) {
		struct image image;
		struct block_range ranges[RANGES];
		char name[8];
		image_open(&image, 100000);
		for (unsigned i = 0; i < RANGES; i++) {
			snprintf(name, sizeof(name), "f%u", i);
			image_add_blocks(&image, image.tree->root, name, 100);
			ranges[i] = (struct block_range){ image.next_block, lengths[i] };
			image.next_block += lengths[i];
		}
		image_add_blocks(&image, image.tree->root, "last", 1);
		add_names(&image, image.tree->root, files, 8, S_IFREG | 0600);
		image.options.free_ranges = ranges;
		image.options.free_count = RANGES;
		uint64_t content_end = image.next_block;
		image_make(&image);
		image_check(&image);
		if (files < 1000)
			assert_int_equal(image.total_blocks, content_end);
		image_close(&image);
	}
}

static void test_room_of_a_generous_limit(void **state)
{
	(void)state;
	struct image image;
	image_open(&image, 64u << 20); /* 256 GiB: 17 blocks of descriptors at most */
	image_add_text(&image, image.tree->root, "f", "x");
	image_make(&image);
	image_check(&image);
	assert_int_equal(image.total_blocks, ext4_data_start(64u << 20) + 1);
	image_close(&image);
}

static void expect_refusal(struct image *image, const char *words)
{
	assert_int_equal(image_try(image), -1);
	assert_int_equal(image->err.kind, ERROR_INPUT);
	if (!strstr(image->err.text, words))
		fail_msg("\"%s\" lacks \"%s\"", image->err.text, words);
	for (uint64_t i = 0; i < image->state_count; i++)
		assert_int_not_equal(image->state[i], STATE_METADATA);
	image_close(image);
}

static void test_refusals_name_the_file(void **state)
{
	(void)state;
	struct image image;
	static const uint8_t big[5000];

	image_open(&image, 1000);
	image.options.timestamp = -1;
	expect_refusal(&image, "the timestamp -1 is not one that ext4 can say");

	image_open(&image, 1000);
	image.options.timestamp = TREE_TIME_MAX + 1;
	expect_refusal(&image, "the timestamp 15032385536 is not one that ext4 can say");

	static const int64_t times[] = { TREE_TIME_MIN - 1, TREE_TIME_MAX + 1 };
	for (size_t i = 0; i < 2; i++) {
		image_open(&image, 1000);
		image_add(&image, image.tree->root, "f", S_IFIFO | 0600)->mtime_sec = times[i];
		expect_refusal(&image, i ? "/f: the time 15032385536 is not one that ext4 can say"
					 : "/f: the time -2147483649 is not one");
	}

	image_open(&image, 5);
	expect_refusal(&image, "needs 6 blocks of 4096 bytes, the limit is 5");

	image_open(&image, 1000);
	struct inode *directory = image_add(&image, image.tree->root, "etc", S_IFDIR | 0755);
	struct inode *file = image_add(&image, directory, "passwd", S_IFREG | 0644);
	struct xattr items[2] = { { "user.a", big, sizeof(big) }, { "user.b", big, 4000 } };
	image_set_xattrs(&image, file, items, 1);
	expect_refusal(&image, "/etc/passwd: user.a has 5000 bytes");

	image_open(&image, 1000);
	file = image_add(&image, image.tree->root, "many", S_IFREG | 0644);
	items[0].size = 3000;
	image_set_xattrs(&image, file, items, 2);
	expect_refusal(&image, "/many: the extended attributes are more than");

	image_open(&image, 1000);
	file = image_add(&image, image.tree->root, "odd", S_IFREG | 0644);
	items[0] = (struct xattr){ "com.example", big, 1 };
	image_set_xattrs(&image, file, items, 1);
	expect_refusal(&image, "/odd: ext4 has no extended attributes of the name \"com.example\"");

	image_open(&image, 1000);
	file = image_add(&image, image.tree->root, "tty", S_IFCHR | 0644);
	file->device.major = 4096;
	expect_refusal(&image, "/tty: device number 4096:0");

	image_open(&image, 1000);
	image_add_link(&image, image.tree->root, "nowhere", "");
	expect_refusal(&image, "/nowhere: a symbolic link to a path of 0 bytes");

	image_open(&image, 1000);
	file = image_add(&image, image.tree->root, "f", S_IFREG | 0644);
	file->size = UINT64_MAX;
	expect_refusal(&image, "/f: 18446744073709551615 bytes");

	image_open(&image, 1000);
	file = image_add(&image, image.tree->root, "n", S_IFIFO | 0644);
	for (unsigned i = 0; i < 65000; i++) {
		char name[8];
		snprintf(name, sizeof(name), "n%u", i);
		assert_done(&image,
			    tree_link(image.tree, image.tree->root, name, file, &image.err));
	}
	expect_refusal(&image, "/n: 65001 hard links, at most 65000");
}

/* A sink that fails ends the work with its own error. */
static int refuse(void *context, uint64_t block, const void *bytes, uint32_t count,
		  struct error *err)
{
	unsigned *left = context;
	(void)bytes;
	if (*left < count)
		return error_system_text(err, "no space at block %llu", (unsigned long long)block);
	*left -= count;
	return 0;
}

static void test_full_output(void **state)
{
	(void)state;
	struct image image;
	uint64_t total = 0;
	unsigned left = 0, tries = 0;
	image_open(&image, 100000);
	add_names(&image, image.tree->root, 3000, 8, S_IFDIR | 0755);
	assert_done(&image, tree_sort(image.tree, &image.err));
	image.options.data_end = image.next_block;
	for (;; tries += 100) {
		left = tries;
		const struct ext4_sink sink = { &left, image_locate, refuse };
		if (ext4_write(image.tree, &image.options, &sink, &total, &image.err) == 0)
			break;
		assert_int_equal(image.err.kind, ERROR_SYSTEM);
		assert_int_equal(total, 0);
	}
	assert_true(total > 3000 && total <= tries);
	image_close(&image);
}

static void make_mixed(struct image *image)
{
	image_open(image, 100000);
	add_names(image, image->tree->root, 5000, 30, S_IFREG | 0600);
	image_add_text(image, image->tree->root, "hello", "hello\n");
	image_add_link(image, image->tree->root, "link", "hello");
	image_add_blocks(image, image->tree->root, "blocks", 3);
	image_make(image);
}

static void test_twice_the_same(void **state)
{
	(void)state;
	struct image a, b;
	int status;
	make_mixed(&a);
	make_mixed(&b);
	setenv("E2FSPROGS_FAKE_TIME", "1234567", 1); /* libext2fs minds it; we do not */
	struct image c;
	make_mixed(&c);
	unsetenv("E2FSPROGS_FAKE_TIME");
	char command[256];
	snprintf(command, sizeof(command), "cmp %%s %s && cmp %s %s", b.path, b.path, c.path);
	char *text = image_tool(&a, command, &status);
	if (status != 0)
		fail_msg("%s", text);
	free(text);
	image_close(&a);
	image_close(&b);
	image_close(&c);
}

/* A tree may be written again, and numbers do not depend on what was there before. */
static void test_same_tree_again(void **state)
{
	(void)state;
	struct image image;
	make_mixed(&image);
	uint32_t number = image.tree->root->entries->inode->number;
	uint64_t total = image.total_blocks;
	for (uint64_t i = 0; i < image.state_count; i++)
		image.state[i] = image.state[i] == STATE_METADATA ? STATE_NONE : image.state[i];
	image_make(&image);
	assert_int_equal(image.total_blocks, total);
	assert_int_equal(image.tree->root->entries->inode->number, number);
	image_check(&image);
	image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_root_has_the_profile),
		cmocka_unit_test(test_inodes_are_as_few_as_possible),
		cmocka_unit_test(test_index_of_one_level),
		cmocka_unit_test(test_index_of_two_levels),
		cmocka_unit_test(test_directories_around_each_size),
		cmocka_unit_test(test_70000_subdirectories),
		cmocka_unit_test(test_deep_tree),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_extents_of_every_depth),
		cmocka_unit_test(test_file_in_several_groups),
		cmocka_unit_test(test_sizes_around_group_boundaries),
		cmocka_unit_test(test_more_files_than_a_group_numbers),
		cmocka_unit_test(test_sparse_file),
		cmocka_unit_test(test_free_ranges_are_used_first),
		cmocka_unit_test(test_room_of_a_generous_limit),
		cmocka_unit_test(test_refusals_name_the_file),
		cmocka_unit_test(test_full_output),
		cmocka_unit_test(test_twice_the_same),
		cmocka_unit_test(test_same_tree_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
