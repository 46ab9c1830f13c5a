// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "builder/boot/decompress.h"
#include "builder/boot/file_list.h"
#include "builder/boot/initrd.h"

/* "hello\n" by gzip -9n, xz and zstd */
static const uint8_t hello_gz[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
				    0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xe7, 0x02, 0x00,
				    0x20, 0x30, 0x3a, 0x36, 0x06, 0x00, 0x00, 0x00 };
static const uint8_t hello_xz[] = { 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6,
				    0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00,
				    0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x05, 0x68, 0x65, 0x6c,
				    0x6c, 0x6f, 0x0a, 0x00, 0x00, 0x00, 0xa5, 0x60, 0x97, 0xf1,
				    0x94, 0xf6, 0xfd, 0xe0, 0x00, 0x01, 0x1e, 0x06, 0xc1, 0x2f,
				    0xa4, 0x1d, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00,
				    0x00, 0x04, 0x59, 0x5a };
static const uint8_t hello_zst[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x31, 0x00, 0x00, 0x68,
				     0x65, 0x6c, 0x6c, 0x6f, 0x0a, 0x53, 0x88, 0xbd, 0x91 };

static void add(struct file_list *list, const char *path, const char *text)
{
	cleanup_free uint8_t *bytes = (uint8_t *)strdup(text);
	struct error err = { 0 };

	assert_non_null(bytes);
	if (file_list_add(list, path, 0644, &bytes, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	assert_null(bytes);
}

static void make_cpio(const char *const *order, int64_t timestamp, uint8_t **cpio, size_t *size)
{
	cleanup_file_list struct file_list list = { 0 };
	struct error err = { 0 };

	for (; *order; order++)
		add(&list, *order, *order);
	assert_int_equal(file_list_add_directory(&list, "/proc", &err), 0);
	if (file_list_to_cpio(&list, timestamp, cpio, size, &err) < 0)
		fail_msg("%s", err.text);
}

struct seen {
	char text[1024];
};

static int note(void *context, const struct initrd_file *file, struct error *err)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);

	(void)err;
	assert_int_equal(file->uid, 0);
	assert_int_equal(file->gid, 0);
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s %o %llu %lld\n",
		       file->path, file->mode, (unsigned long long)file->size,
		       (long long)file->mtime);
	return 0;
}

static const char *const forwards[] = { "/init", "/lib/a", "/lib/b/c", NULL };
static const char *const backwards[] = { "/lib/b/c", "/lib/a", "/init", NULL };

static void what_is_written_is_listed(void **state)
{
	cleanup_free uint8_t *cpio = NULL;
	struct seen seen = { "" };
	struct error err = { 0 };
	size_t size;

	(void)state;
	make_cpio(forwards, 12345, &cpio, &size);
	assert_memory_equal(cpio, "070701", 6);
	if (initrd_list(cpio, size, note, &seen, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(seen.text, "init 100644 5 12345\n"
				       "lib 40755 0 12345\n"
				       "lib/a 100644 6 12345\n"
				       "lib/b 40755 0 12345\n"
				       "lib/b/c 100644 8 12345\n"
				       "proc 40755 0 12345\n");
}

static void the_order_of_adding_does_not_matter(void **state)
{
	cleanup_free uint8_t *a = NULL, *b = NULL;
	size_t a_size, b_size;

	(void)state;
	make_cpio(forwards, 0, &a, &a_size);
	make_cpio(backwards, 0, &b, &b_size);
	assert_int_equal(a_size, b_size);
	assert_memory_equal(a, b, a_size);
}

static void a_path_is_one_file(void **state)
{
	cleanup_file_list struct file_list list = { 0 };
	cleanup_free uint8_t *bytes = calloc(1, 1);
	struct error err = { 0 };

	(void)state;
	add(&list, "/a/b", "x");
	assert_int_equal(file_list_add(&list, "/a/b", 0644, &bytes, 1, &err), -1);
	assert_non_null(strstr(err.text, "twice"));
	assert_int_equal(file_list_add(&list, "/a/b/c", 0644, &bytes, 1, &err), -1);
	assert_non_null(strstr(err.text, "both a file and a directory"));
	assert_int_equal(file_list_add(&list, "/a", 0644, &bytes, 1, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(bytes);
	assert_int_equal(list.count, 2);
}

static void nothing_hides_behind_the_archive(void **state)
{
	cleanup_free uint8_t *cpio = NULL, *two = NULL;
	struct seen seen = { "" };
	struct error err = { 0 };
	size_t size;

	(void)state;
	make_cpio(forwards, 0, &cpio, &size);
	two = calloc(3, size);
	memcpy(two, cpio, size);
	assert_int_equal(initrd_list(two, 3 * size, note, &seen, &err), 0);
	two[3 * size - 1] = 1;
	assert_int_equal(initrd_list(two, 3 * size, note, &seen, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, "something follows"));
	two[3 * size - 1] = 0;
	memcpy(two + 2 * size, cpio, size);
	assert_int_equal(initrd_list(two, 3 * size, note, &seen, &err), -1);
	assert_non_null(strstr(err.text, "something follows"));
}

static void what_is_no_whole_archive_is_refused(void **state)
{
	static const uint8_t text[] = "just some text, long enough to be looked at by every format";
	cleanup_free uint8_t *cpio = NULL;
	struct seen seen;
	struct error err;
	size_t size;

	(void)state;
	make_cpio(forwards, 0, &cpio, &size);
	/* without its padding, and without its last entry, it is cut at every length */
	for (size_t cut = 0; cut < size - 512; cut += 37) {
		seen.text[0] = '\0';
		assert_int_equal(initrd_list(cpio, cut, note, &seen, &err), -1);
	}
	assert_int_equal(initrd_list(text, sizeof(text), note, &seen, &err), -1);
	assert_int_equal(initrd_list(hello_zst, sizeof(hello_zst), note, &seen, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
}

/* The kernel takes no other format, and looks for no header further on. */
static void damaged_entries_are_refused(void **state)
{
	static const struct {
		size_t at; /* in the first header, of "init" */
		const char *bytes, *message;
	} rows[] = {
		{ 0, "070707", "no cpio header (newc) at byte 0" },
		{ 0, "\x71\xc7", "no cpio header" },
		{ 14, "000081ag", "\"000081ag\" for a number" },
		{ 54, "0x000001", "for a number" },
		{ 54, "ffffffff", "ends inside of init" },
		{ 94, "00000000", "a name of 0 bytes" },
		{ 94, "00000001", "a name of 1 bytes" },
		{ 94, "00001001", "a name of 4097 bytes" },
		{ 94, "00000004", "does not end where" },
		{ 94, "00000006", "does not end where" },
		{ 54, "00000004", "no cpio header (newc) at byte 120" },
		{ 14, "0000a1ff00000000000000000000000000000000ffffff", "ends inside of init" },
	};
	struct seen seen = { "" };
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_free uint8_t *cpio = NULL;
		struct error err = { 0 };
		make_cpio(forwards, 0, &cpio, &size);
		memcpy(cpio + rows[i].at, rows[i].bytes, strlen(rows[i].bytes));
		if (initrd_list(cpio, size, note, &seen, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, rows[i].message))
			fail_msg("row %zu: \"%s\"", i, err.text);
	}
}

static void stop(const uint8_t *bytes, size_t size, size_t limit, const char *what)
{
	uint8_t *plain = NULL;
	struct error err = { 0 };
	size_t plain_size;

	if (decompress(bytes, size, limit, &plain, &plain_size, &err) != -1)
		fail_msg("%s was taken", what);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_null(plain);
}

static void each_compression_gives_the_same(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *bytes;
		size_t size;
	} rows[] = {
		{ "plain", (const uint8_t *)"hello\n", 6 },
		{ "gzip", hello_gz, sizeof(hello_gz) },
		{ "xz", hello_xz, sizeof(hello_xz) },
		{ "zstd", hello_zst, sizeof(hello_zst) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_free uint8_t *plain = NULL;
		cleanup_free uint8_t *bent = malloc(rows[i].size);
		struct error err = { 0 };
		size_t size;
		if (decompress(rows[i].bytes, rows[i].size, 6, &plain, &size, &err) < 0)
			fail_msg("%s: %s", rows[i].name, err.text);
		assert_int_equal(size, 6);
		assert_memory_equal(plain, "hello\n", 6);
		stop(rows[i].bytes, rows[i].size, 5, rows[i].name);
		if (i == 0)
			continue;
		stop(rows[i].bytes, rows[i].size - 1, 6, "one that is cut");
		memcpy(bent, rows[i].bytes, rows[i].size);
		bent[rows[i].size / 2] ^= 0x10;
		stop(bent, rows[i].size, 6, "one that is damaged");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_listed),
		cmocka_unit_test(the_order_of_adding_does_not_matter),
		cmocka_unit_test(a_path_is_one_file),
		cmocka_unit_test(nothing_hides_behind_the_archive),
		cmocka_unit_test(what_is_no_whole_archive_is_refused),
		cmocka_unit_test(damaged_entries_are_refused),
		cmocka_unit_test(each_compression_gives_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
