// SPDX-License-Identifier: Apache-2.0
/* What podseal did not write: file systems that mke2fs made, and inodes that debugfs changed. */
#include "tests/unit/ext4/reading.h"

/* One field of a file with an extent tree of one level, set to something else by debugfs, which
 * makes the checksum right again. */
static void test_malformed_inodes_end_in_errors(void **state)
{
	(void)state;
	static const struct {
		const char *change, *words;
	} rows[] = {
		{ "sif f block[0] 0x0001dead", "extent tree of inode 11 is malformed" },
		{ "sif f block[0] 0x0005f30a", "extent tree of inode 11 is malformed" },
		{ "sif f block[1] 0x00090004", "extent tree of inode 11 is malformed" },
		{ "sif f block[1] 0x00020004", "extent tree of inode 11 is malformed" },
		{ "sif f block[4] 0", "extent tree of inode 11 is malformed" },
		{ "sif f block[4] 0xfffffff0", "block 4294967280 is outside" },
		{ "sif f flags 0", "inode 11 does not use extents" },
		{ "sif f links_count 0", "inode 11 is not in use" },
		{ "sif f mode 010644", "not a regular file" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image;
		struct reading reading;
		struct data_run runs[6];
		char command[128], sink[16 * EXT4_BLOCK_BYTES];
		int status;
		image_open(&image, 1000);
		struct inode *file = image_add(&image, image.tree->root, "f", S_IFREG | 0644);
		for (unsigned r = 0; r < 6; r++)
			runs[r] = (struct data_run){ image_place(&image), 3 * r, 1 };
		file->run_count = 6;
		file->runs = runs;
		file->size = sizeof(sink);
		image_make(&image);
		snprintf(command, sizeof(command), "debugfs -w -R '%s' %%s", rows[i].change);
		free(image_tool(&image, command, &status));
		assert_int_equal(status, 0);

		struct buffer buffer = { .bytes = (uint8_t *)sink, .size = sizeof(sink) };
		reading_open(&reading, image.path);
		assert_int_equal(
			ext4_read_content(reading.reader, 11, take_piece, &buffer, &reading.err),
			-1);
		assert_int_equal(reading.err.kind, ERROR_INPUT);
		if (!strstr(reading.err.text, rows[i].words))
			fail_msg("%s: \"%s\"", rows[i].change, reading.err.text);
		reading_close(&reading);
		image_close(&image);
	}
}

struct sparse_check {
	uint64_t end;
};

/* Pieces are of the file system's blocks, which mke2fs chooses; only the end has content. */
static int check_sparse(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
			struct error *err)
{
	struct sparse_check *check = context;
	(void)err;
	assert_true(offset >= check->end && size > 0);
	check->end = offset + size;
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], offset + i < 100000 ? 0 : "end"[offset + i - 100000]);
	return 0;
}

/* mke2fs -d in several block sizes, with a journal and with what else it does by default. */
static void test_reads_what_mke2fs_makes(void **state)
{
	(void)state;
	static const char *const options[] = {
		"",
		"-b 1024",
		"-b 2048 -O ^metadata_csum",
		"-b 4096 -O ^has_journal,^64bit -I 512",
		"-b 4096 -I 128",
	};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct image image;
		struct reading reading;
		char command[512];
		int status;
		image_open(&image, 1000);
		snprintf(command, sizeof(command),
			 "d=$(mktemp -d) && mkdir $d/sub && echo content > $d/sub/file && "
			 "ln $d/sub/file $d/hard && ln -s sub/file $d/link && "
			 "truncate -s 100000 $d/sparse && printf end >> $d/sparse && "
			 "i=0; while [ $i -lt 300 ]; do i=$((i+1)); : > $d/sub/name-$i; done && "
			 "mke2fs -q -F -t ext4 %s -d $d %%s 16M && rm -r $d",
			 options[i]);
		char *text = image_tool(&image, command, &status);
		if (status != 0)
			fail_msg("%s", text);
		free(text);

		reading_open(&reading, image.path);
		expect_text(&reading, "hard", "content\n");
		expect_text(&reading, "link", "content\n");
		assert_int_equal(stat_path(&reading, "hard", false).links, 2);
		assert_string_equal(stat_path(&reading, "link", false).target, "sub/file");
		struct ext4_file file = stat_path(&reading, "sparse", true);
		assert_int_equal(file.size, 100003);
		struct sparse_check sparse = { 0 };
		assert_done(&reading, ext4_read_content(reading.reader, file.number, check_sparse,
							&sparse, &reading.err));
		assert_int_equal(sparse.end, 100003);
		struct list_check check = { 0 };
		file = stat_path(&reading, "sub", true);
		assert_done(&reading, ext4_list(reading.reader, file.number, check_name, &check,
						&reading.err));
		assert_int_equal(check.count, 301);
		reading_close(&reading);
		image_close(&image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_malformed_inodes_end_in_errors),
		cmocka_unit_test(test_reads_what_mke2fs_makes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
