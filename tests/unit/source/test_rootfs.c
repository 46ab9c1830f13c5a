// SPDX-License-Identifier: Apache-2.0
/* A directory read as a layer; and the same directory packed by GNU tar in each of its formats,
 * which must read as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/source/recorder.h"

static char directory[] = "/tmp/podseal-test-XXXXXX";
static bool has_xattrs, second_xattr = true;
static struct recorder recorder;
static struct error error;

static int read_root(const char *name)
{
	const struct source_options options = { 0 };
	cleanup_source_image struct source_image *image = NULL;
	const struct layer_visitor visitor = recorder_visitor(&recorder);
	char reference[256];

	recorder = (struct recorder){ 0 };
	(void)snprintf(reference, sizeof(reference), "rootfs:%s/%s", directory, name);
	if (source_open(reference, &options, &image, &error) < 0)
		return -1;
	assert_int_equal(image->layer_count, 1);
	assert_null(image->config);
	return layer_read(image, 0, &visitor, NULL, &error);
}

static void make_file(const char *path, off_t size, off_t at, const char *content)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(pwrite(fd, content, strlen(content), at), strlen(content));
}

static void make_socket(const char *path)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void set_time(const char *path)
{
	const struct timespec times[2] = { { 0, 0 }, { 1700000000, 0 } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

static int make_tree(void **state)
{
	(void)state;
	if (!mkdtemp(directory) || chdir(directory) < 0)
		return -1;
	(void)umask(022);
	assert_int_equal(mkdir("root", 0755), 0);
	assert_int_equal(mkdir("root/dir", 0755), 0);
	assert_int_equal(mkdir("root/dir/deeper", 0700), 0);
	make_file("root/dir.file", 5, 0, "hello"); /* sorts between dir and its content by bytes */
	make_file("root/dir/\xff", 0, 0, "");
	make_file("root/sparse", 10 << 20, 5 << 20, "hello");
	make_file("root/hole", 1 << 20, 0, "");
	assert_int_equal(link("root/dir.file", "root/zz"), 0);
	assert_int_equal(symlink("../dir.file", "root/dir/link"), 0);
	assert_int_equal(mkfifo("root/fifo", 0600), 0);
	make_socket("root/socket");
	has_xattrs = setxattr("root/dir.file", "user.b", "two", 3, 0) == 0 &&
		     setxattr("root/dir.file", "user.a", "\0\1", 2, 0) == 0 &&
		     setxattr("root/dir", "user.empty", "", 0, 0) == 0;
	static const char *const paths[] = { "root/dir/deeper", "root/dir/\xff", "root/dir/link",
					     "root/dir",        "root/dir.file", "root/sparse",
					     "root/hole",       "root/fifo",     "root" };
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		set_time(paths[i]);
	return 0;
}

static int remove_tree(void **state)
{
	char command[512];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

/* The hash of `size` bytes, zeros but for `middle`, which begins at half of it. */
static unsigned long long hash_of(uint64_t size, const char *middle)
{
	struct recorder *r = calloc(1, sizeof(*r));

	r->hash = 0xcbf29ce484222325u;
	recorder_hash(r, NULL, size / 2);
	recorder_hash(r, (const uint8_t *)middle, strlen(middle));
	recorder_hash(r, NULL, size - size / 2 - strlen(middle));
	unsigned long long hash = r->hash;
	free(r);
	return hash;
}

static const char *wanted(void)
{
	static struct recorder r;
	const char *a = has_xattrs ? " user.empty=" : "";
	const char *b = !has_xattrs    ? ""
			: second_xattr ? " user.a=0001 user.b=74776f"
				       : " user.a=0001";
	unsigned u = getuid(), g = getgid();

	r.used = 0;
	record(&r, "040755 %u:%u 0 1700000000.000000000 .\n", u, g);
	record(&r, "040755 %u:%u 0 1700000000.000000000 dir%s\n", u, g, a);
	record(&r, "040700 %u:%u 0 1700000000.000000000 dir/deeper\n", u, g);
	record(&r, "120777 %u:%u 0 1700000000.000000000 dir/link -> ../dir.file\n", u, g);
	record(&r, "100644 %u:%u 0 1700000000.000000000 dir/\xff\n", u, g);
	record(&r, "100644 %u:%u 5 1700000000.000000000 dir.file%s #a430d84680aabd0b\n", u, g, b);
	record(&r, "010600 %u:%u 0 1700000000.000000000 fifo\n", u, g);
	record(&r, "100644 %u:%u 1048576 1700000000.000000000 hole #%016llx\n", u, g,
	       hash_of(1 << 20, ""));
	record(&r, "100644 %u:%u 10485760 1700000000.000000000 sparse #%016llx\n", u, g,
	       hash_of(10 << 20, "hello"));
	record(&r, "100644 %u:%u 0 1700000000.000000000 zz => dir.file\n", u, g);
	return r.text;
}

static void test_directory(void **state)
{
	(void)state;
	assert_int_equal(read_root("root"), 0);
	assert_string_equal(recorder.text, wanted());
	assert_true(recorder.data_bytes < 1 << 20); /* holes are not read */
}

static void test_extended_attributes(void **state)
{
	(void)state;
	if (!has_xattrs) {
		print_message("needs a /tmp with extended attributes for users\n");
		skip();
	}
	assert_int_equal(read_root("root"), 0);
	assert_non_null(strstr(recorder.text, " dir.file user.a=0001 user.b=74776f #"));
	assert_non_null(strstr(recorder.text, " dir user.empty=\n"));
}

/* GNU tar writes "./" before each name, and "/" after a directory's. */
static void strip_names(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		if (from[0] == ' ' && from[1] == '.' && from[2] == '/') {
			*to++ = ' ';
			from += 2;
			if (*(from + 1) == '\n')
				*to++ = '.';
		} else if (from[0] == '=' && from[1] == '>') {
			*to++ = *from;
		} else if (!(from[0] == '/' && (from[1] == '\n' || from[1] == ' '))) {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void test_gnu_tar(void **state)
{
	static const char *const formats[] = {
		"--format=gnu",
		"--format=gnu --sparse",
		"--format=pax --xattrs --xattrs-include='*'",
		"--format=pax --xattrs --xattrs-include='*' --sparse --sparse-version=0.0",
		"--format=pax --xattrs --xattrs-include='*' --sparse --sparse-version=0.1",
		"--format=pax --xattrs --xattrs-include='*' --sparse --sparse-version=1.0",
		"--format=ustar",
	};
	char command[512];

	(void)state;
	if (system("tar --version 2>&1 | grep -q 'GNU tar'") != 0) {
		print_message("needs GNU tar\n");
		skip();
	}
	/* which of two tar writes first is the file system's whim */
	second_xattr = false;
	if (has_xattrs)
		assert_int_equal(removexattr("root/dir.file", "user.b"), 0);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		bool xattrs = has_xattrs;
		(void)snprintf(command, sizeof(command),
			       "tar -C root --sort=name --exclude=socket %s -cf root.tar . "
			       "2>tar.log",
			       formats[i]);
		assert_int_equal(system(command), 0);
		if (read_root("root.tar") < 0)
			fail_msg("%s: %s", formats[i], error.text);
		strip_names(recorder.text);
		has_xattrs = xattrs && strstr(formats[i], "--xattrs");
		const char *text = wanted();
		has_xattrs = xattrs;
		if (strcmp(recorder.text, text) != 0)
			fail_msg("%s:\n%s\nshould be\n%s", formats[i], recorder.text, text);
	}
}

static void test_no_directory(void **state)
{
	(void)state;
	assert_int_equal(read_root("none"), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
	assert_int_equal(read_root("root/fifo"), -1);
	assert_non_null(strstr(error.text, "neither a directory nor a regular file"));
}

static void test_depth_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(mkdir("deep", 0755), 0);
	assert_int_equal(chdir("deep"), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(mkdir("d", 0755), 0);
		assert_int_equal(chdir("d"), 0);
	}
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(read_root("deep"), -1);
	assert_non_null(strstr(error.text, "directories nest deeper than 256"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directory),        cmocka_unit_test(test_extended_attributes),
		cmocka_unit_test(test_gnu_tar),          cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
