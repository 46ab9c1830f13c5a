// SPDX-License-Identifier: Apache-2.0
/* What was written comes back. */
#include "tests/unit/ext4/reading.h"

#include "builder/ext4/acl.h"

static void test_types_modes_owners_times(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		uint32_t mode, uid, gid, major, minor;
		int64_t seconds;
		uint32_t nanoseconds;
	} rows[] = {
		{ "reg", S_IFREG | 04755, 0, 0, 0, 0, 0, 0 },
		{ "dir", S_IFDIR | 01777, 1000, 100, 0, 0, 1, 999999999 },
		{ "fifo", S_IFIFO | 0600, 65536, 65537, 0, 0, 2147483647, 1 },
		{ "sock", S_IFSOCK | 0777, 4294967294, 4294967295, 0, 0, 2147483648, 2 },
		{ "null", S_IFCHR | 0666, 0, 0, 1, 3, -1, 500000000 },
		{ "char", S_IFCHR | 0600, 0, 0, 4095, 1048575, -2147483648, 0 },
		{ "disk", S_IFBLK | 0660, 0, 6, 259, 0, 4294967296, 3 },
		{ "minor", S_IFBLK | 0660, 0, 6, 8, 256, 15032385535, 999999999 },
		{ "zero", S_IFCHR | 0660, 0, 6, 0, 0, 10000000000, 0 },
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct image image;
	struct reading reading;
	image_open(&image, 100000);
	for (size_t i = 0; i < ROWS; i++) {
		struct inode *inode =
			image_add(&image, image.tree->root, rows[i].name, rows[i].mode);
		inode->uid = rows[i].uid;
		inode->gid = rows[i].gid;
		inode->mtime_sec = rows[i].seconds;
		inode->mtime_nsec = rows[i].nanoseconds;
		if (S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) {
			inode->device.major = rows[i].major;
			inode->device.minor = rows[i].minor;
		}
	}
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'stat minor' %s", "0x6553f100:00000000 -- ");

	reading_open(&reading, image.path);
	for (size_t i = 0; i < ROWS; i++) {
		struct ext4_file file = stat_path(&reading, rows[i].name, false);
		assert_int_equal(file.mode, rows[i].mode);
		assert_int_equal(file.uid, rows[i].uid);
		assert_int_equal(file.gid, rows[i].gid);
		assert_true(file.mtime_sec == rows[i].seconds);
		assert_int_equal(file.mtime_nsec, rows[i].nanoseconds);
		assert_int_equal(file.major, rows[i].major);
		assert_int_equal(file.minor, rows[i].minor);
		assert_int_equal(file.links, S_ISDIR(file.mode) ? 2 : 1);
		assert_null(file.xattrs);
		assert_null(file.target);
	}
	reading_close(&reading);
	image_close(&image);
}

static const uint8_t acl_value[] = {
	2,    0, 0, 0,                         /* version */
	1,    0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* user::rwx */
	2,    0, 5, 0, 0xe8, 3,    0,    0,    /* user:1000:r-x */
	4,    0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* group::r-x */
	0x10, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* mask::r-x */
	0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* other::r-- */
};

static void test_xattrs(void **state)
{
	(void)state;
	static uint8_t large[3800], cap[20] = { 1, 0, 0, 2, 0, 4 };
	memset(large, 0x5a, sizeof(large));
	static struct {
		uint32_t count;
		struct xattr items[8];
	} rows[] = {
		{ 1, { { "security.capability", cap, sizeof(cap) } } },
		{ 2,
		  { { "security.capability", cap, sizeof(cap) },
		    { "user.large", large, sizeof(large) } } },
		{ 1, { { "user.empty", cap, 0 } } },
		{ 6,
		  { { "security.selinux", (const uint8_t *)"system_u:object_r:etc_t:s0", 27 },
		    { "system.posix_acl_access", acl_value, sizeof(acl_value) },
		    { "trusted.overlay.opaque", (const uint8_t *)"y", 1 },
		    { "user.a", large, 100 },
		    { "user.aa", large, 101 },
		    { "user.b", large, 99 } } },
		{ 1, { { "system.posix_acl_default", acl_value, sizeof(acl_value) } } },
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct image image;
	struct reading reading;
	char name[8];
	image_open(&image, 100000);
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		image_set_xattrs(&image, image_add(&image, image.tree->root, name, S_IFDIR | 0755),
				 rows[i].items, rows[i].count);
	}
	image_make(&image);
	image_check(&image);
	image_expect(&image, "debugfs -R 'ea_get -V 0 security.capability -x' %s",
		     "01 00 00 02 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00");
	image_expect(&image, "debugfs -R 'ea_list 3' %s", "trusted.overlay.opaque (1) = \"y\"");

	reading_open(&reading, image.path);
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		struct ext4_file file = stat_path(&reading, name, false);
		assert_non_null(file.xattrs);
		assert_int_equal(file.xattrs->count, rows[i].count);
		for (uint32_t j = 0; j < file.xattrs->count; j++) {
			const struct xattr *got = &file.xattrs->items[j];
			const struct xattr *want = &rows[i].items[j];
			assert_string_equal(got->name, want->name);
			assert_int_equal(got->size, want->size);
			assert_memory_equal(got->value, want->value, got->size);
		}
	}
	reading_close(&reading);
	image_close(&image);
}

static void test_malformed_acls_are_refused(void **state)
{
	(void)state;
	uint8_t out[2 * sizeof(acl_value)], back[4 * sizeof(acl_value)];
	struct error err;
	size_t size = 0, back_size = 0;
	assert_int_equal(acl_to_disk(acl_value, sizeof(acl_value), out, &size, &err), 0);
	assert_int_equal(size, 4 + 4 * 4 + 8);
	assert_int_equal(acl_from_disk(out, size, back, &back_size, &err), 0);
	assert_int_equal(back_size, sizeof(acl_value));
	assert_memory_equal(back, acl_value, back_size);
	for (size_t cut = 0; cut < sizeof(acl_value); cut++) {
		if (cut > 4 && cut % 8 == 4)
			continue; /* a shorter ACL */
		assert_int_equal(acl_to_disk(acl_value, cut, out, &size, &err), -1);
	}
	assert_int_equal(acl_to_disk(acl_value, sizeof(acl_value), out, &size, &err), 0);
	for (size_t cut = 0; cut < size; cut++) {
		if (cut == 4 || cut == 8 || cut == 16 || cut == 20 || cut == 24)
			continue;
		assert_int_equal(acl_from_disk(out, cut, back, &back_size, &err), -1);
	}
	out[4] = 0x40;
	assert_int_equal(acl_from_disk(out, size, back, &back_size, &err), -1);
}

static void test_content_and_holes(void **state)
{
	(void)state;
	enum { BLOCKS = 700 };
	struct image image;
	struct reading reading;
	char *text = malloc(BLOCKS * EXT4_BLOCK_BYTES - 99);
	assert_non_null(text);
	for (size_t i = 0; i < BLOCKS * EXT4_BLOCK_BYTES - 100; i++)
		text[i] = (char)('a' + i * 7 / 11 % 26);
	text[BLOCKS * EXT4_BLOCK_BYTES - 100] = '\0';

	image_open(&image, 100000);
	struct inode *root = image.tree->root;
	image_add_text(&image, root, "large", text);
	image_add_text(&image, root, "small", "small\n");
	image_add_text(&image, root, "empty", "");
	struct data_run runs[2] = { { image_place(&image), 2, 1 }, { image_place(&image), 9, 1 } };
	struct inode *sparse = image_add(&image, root, "sparse", S_IFREG | 0644);
	sparse->run_count = 2;
	sparse->runs = runs;
	sparse->size = 11 * EXT4_BLOCK_BYTES + 5;
	image_fill(&image, runs[0].place, "two", 3);
	image_fill(&image, runs[1].place, "nine", 4);
	image_make(&image);
	image_check(&image);

	reading_open(&reading, image.path);
	expect_text(&reading, "/large", text);
	expect_text(&reading, "small", "small\n");
	expect_text(&reading, "empty", "");
	unsigned pieces;
	struct ext4_file file = stat_path(&reading, "large", true);
	reading.calls = 0;
	free(content_of(&reading, &file, &pieces));
	assert_int_equal(pieces, 3); /* of a MiB */
	assert_true(reading.calls <= 5);
	file = stat_path(&reading, "sparse", true);
	assert_int_equal(file.size, sparse->size);
	uint8_t *bytes = content_of(&reading, &file, &pieces);
	assert_int_equal(pieces, 2);
	assert_memory_equal(bytes + 2 * EXT4_BLOCK_BYTES, "two", 4);
	assert_memory_equal(bytes + 9 * EXT4_BLOCK_BYTES, "nine", 5);
	assert_true(is_zero(bytes, 2 * EXT4_BLOCK_BYTES));
	free(bytes);
	assert_int_equal(
		ext4_read_content(reading.reader, ROOT_INODE, take_piece, NULL, &reading.err), -1);
	reading_close(&reading);
	image_close(&image);
	free(text);
}

static void test_many_names_and_odd_ones(void **state)
{
	(void)state;
	struct image image;
	struct reading reading;
	char name[256];
	image_open(&image, 100000);
	struct inode *file = image_add_text(&image, image.tree->root, "file", "same\n");
	for (unsigned i = 0; i < 9000; i++) {
		snprintf(name, sizeof(name), "%0*x", i % 2 ? 255 : 9, i * 2654435761U);
		assert_done(&image,
			    tree_link(image.tree, image.tree->root, name, file, &image.err));
	}
	static const char *const odd[] = { "\xff\xfe", "\x01", "a b", "...", "\xc3\x28", "-" };
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_done(&image,
			    tree_link(image.tree, image.tree->root, odd[i], file, &image.err));
	image_make(&image);
	image_check(&image);

	reading_open(&reading, image.path);
	struct list_check check = { 0 };
	assert_done(&reading,
		    ext4_list(reading.reader, ROOT_INODE, check_name, &check, &reading.err));
	assert_int_equal(check.count, 9007);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		expect_text(&reading, odd[i], "same\n");
	for (unsigned i = 0; i < 9000; i += 1000) {
		snprintf(name, sizeof(name), "%0*x", i % 2 ? 255 : 9, i * 2654435761U);
		assert_int_equal(stat_path(&reading, name, true).links, 9007);
	}
	expect_no_path(&reading, "nothing", "no such file");
	reading_close(&reading);
	image_close(&image);
}

static void test_lookup_follows_links_inside(void **state)
{
	(void)state;
	struct image image;
	struct reading reading;
	char slow[300], name[16], target[16];
	image_open(&image, 100000);
	struct inode *root = image.tree->root;
	struct inode *a = image_add(&image, root, "a", S_IFDIR | 0755);
	struct inode *b = image_add(&image, a, "b", S_IFDIR | 0755);
	image_add_text(&image, b, "file", "here\n");
	image_add_link(&image, b, "up", "../../a/b/./file");
	image_add_link(&image, b, "outside", "../../../../../a/b/file");
	image_add_link(&image, b, "rooted", "/a/b/file");
	image_add_link(&image, root, "dir", "a//b/");
	image_add_link(&image, root, "loop", "loop");
	image_add_link(&image, root, "dangling", "/a/none");
	strcpy(slow, "a");
	for (unsigned i = 0; i < 50; i++)
		strcat(slow, "/../a");
	strcat(slow, "/b/file");
	image_add_link(&image, root, "slow", slow);
	char *targets = calloc(50, sizeof(target));
	assert_non_null(targets);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		snprintf(targets + i * sizeof(target), sizeof(target), i ? "c%u" : "slow", i - 1);
		image_add_link(&image, root, name, targets + i * sizeof(target));
	}
	image_make(&image);
	image_check(&image);

	reading_open(&reading, image.path);
	static const char *const same[] = {
		"a/b/file", "//a/./b/../b//file", "dir/file",
		"dir/up",   "dir/outside",        "dir/rooted",
		"slow",     "dir/../../a/b/file", "/../a/b/file",
		"c30",
	};
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		expect_text(&reading, same[i], "here\n");
	assert_string_equal(stat_path(&reading, "slow", false).target, slow);
	assert_string_equal(stat_path(&reading, "dir", false).target, "a//b/");
	assert_true(S_ISDIR(stat_path(&reading, "dir/", false).mode));
	assert_true(S_ISDIR(stat_path(&reading, "", true).mode));
	assert_int_equal(stat_path(&reading, "/..", true).number, 2);
	expect_no_path(&reading, "loop", "more than 40 symbolic links");
	expect_no_path(&reading, "c45", "more than 40 symbolic links");
	expect_no_path(&reading, "dangling", "no such file");
	expect_no_path(&reading, "a/b/file/", "not a directory");
	expect_no_path(&reading, "a/b/file/..", "not a directory");
	expect_no_path(&reading, "a/b/file/x", "not a directory");
	reading_close(&reading);
	image_close(&image);
	free(targets);
}

static void test_many_extents_read_back(void **state)
{
	(void)state;
	enum { BLOCKS = 1500 };
	struct image image;
	struct reading reading;
	struct data_run runs[2][BLOCKS];
	image_open(&image, 100000);
	for (unsigned i = 0; i < BLOCKS; i++) {
		for (unsigned f = 0; f < 2; f++) {
			uint32_t words[2] = { i, f };
			runs[f][i] = (struct data_run){ image_place(&image), i, 1 };
			image_fill(&image, runs[f][i].place, words, sizeof(words));
		}
	}
	for (unsigned f = 0; f < 2; f++) {
		struct inode *file =
			image_add(&image, image.tree->root, f ? "odd" : "even", S_IFREG | 0644);
		file->size = BLOCKS * EXT4_BLOCK_BYTES;
		file->run_count = BLOCKS;
		file->runs = runs[f];
	}
	image_make(&image);
	image_check(&image);
	reading_open(&reading, image.path);
	for (unsigned f = 0; f < 2; f++) {
		struct ext4_file file = stat_path(&reading, f ? "odd" : "even", true);
		uint8_t *bytes = content_of(&reading, &file, NULL);
		for (unsigned i = 0; i < BLOCKS; i++) {
			uint32_t words[2] = { i, f };
			assert_memory_equal(bytes + i * EXT4_BLOCK_BYTES, words, sizeof(words));
		}
		free(bytes);
	}
	reading_close(&reading);
	image_close(&image);
}

static void test_source_errors_come_through(void **state)
{
	(void)state;
	struct image image;
	struct reading reading;
	image_open(&image, 100000);
	image_add_text(&image, image.tree->root, "f", "x");
	image_make(&image);
	reading_open(&reading, image.path);
	uint32_t number;
	reading.fail_from = reading.calls + 1;
	assert_int_equal(ext4_lookup(reading.reader, "f", true, &number, &reading.err), -1);
	assert_int_equal(reading.err.kind, ERROR_SYSTEM);
	assert_string_equal(reading.err.text, "the disk is gone");
	expect_text(&reading, "f", "x"); /* it was back */
	reading_close(&reading);

	assert_int_equal(ftruncate(image.fd, (off_t)(image.total_blocks - 1) * EXT4_BLOCK_BYTES),
			 0);
	assert_int_equal(try_open(&reading, image.path), -1);
	assert_string_equal(reading.err.text,
			    "the file system claims to be larger than its volume");
	close(reading.fd);
	assert_int_equal(pwrite(image.fd, "\0\0", 2, 1024 + 56), 2);
	assert_int_equal(try_open(&reading, image.path), -1);
	assert_string_equal(reading.err.text, "no ext4 file system");
	close(reading.fd);
	image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types_modes_owners_times),
		cmocka_unit_test(test_xattrs),
		cmocka_unit_test(test_malformed_acls_are_refused),
		cmocka_unit_test(test_content_and_holes),
		cmocka_unit_test(test_many_names_and_odd_ones),
		cmocka_unit_test(test_lookup_follows_links_inside),
		cmocka_unit_test(test_many_extents_read_back),
		cmocka_unit_test(test_source_errors_come_through),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
