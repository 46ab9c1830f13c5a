// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/io.h"

static int file_of(const char *text)
{
	struct error err = { 0 };
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite_all(fd, text, strlen(text), 0, &err), 0);
	return fd;
}

static void exact_reads_are_exact(void **state)
{
	cleanup_fd int fd = file_of("0123456789");
	struct error err = { 0 };
	char buf[10];

	(void)state;
	assert_int_equal(pread_exact(fd, buf, 4, 6, &err), 0);
	assert_memory_equal(buf, "6789", 4);
	assert_int_equal(pread_exact(fd, buf, 4, 7, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_string_equal(err.text, "ends 1 bytes too early, at byte 10");
	assert_int_equal(pread_exact(fd, buf, 1, UINT64_MAX, &err), -1);
	assert_int_equal(pread_exact(fd, buf, 2, INT64_MAX - 1, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(pwrite_all(fd, buf, 2, INT64_MAX - 1, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void a_pipe_is_read_to_its_end(void **state)
{
	struct error err = { 0 };
	int ends[2];
	char buf[16];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write_all(ends[1], "abcdef", 6, &err), 0);
	(void)close(ends[1]);
	assert_int_equal(read_upto(ends[0], buf, 4, &err), 4);
	assert_int_equal(read_upto(ends[0], buf + 4, 12, &err), 2);
	assert_memory_equal(buf, "abcdef", 6);
	(void)close(ends[0]);
}

static void a_full_device_is_a_system_error(void **state)
{
	struct error err = { 0 };
	cleanup_fd int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, "x", 1, &err), -1);
	assert_string_equal(err.text, "writing: No space left on device");
	assert_int_equal(err.kind, ERROR_SYSTEM);
}

static void a_file_is_read_whole_up_to_its_limit(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct error err = { 0 };
		cleanup_free uint8_t *bytes = NULL, *none = NULL;
		cleanup_free char *text = malloc(sizes[i] + 1);
		char path[32];
		size_t size = 99;
		assert_non_null(text);
		memset(text, 'x', sizes[i]);
		text[sizes[i]] = '\0';
		cleanup_fd int fd = file_of(text);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		assert_int_equal(file_read(path, sizes[i], &bytes, &size, &err), 0);
		assert_int_equal(size, sizes[i]);
		assert_string_equal((char *)bytes, text);
		if (sizes[i] == 0)
			continue;
		assert_int_equal(file_read(path, sizes[i] - 1, &none, &size, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.text, "longer than"));
		assert_null(none);
	}
}

static void a_file_that_is_none_is_named(void **state)
{
	struct error err = { 0 };
	uint8_t *bytes = NULL;
	size_t size;

	(void)state;
	assert_int_equal(file_read("/no/such", 10, &bytes, &size, &err), -1);
	assert_string_equal(err.text, "/no/such: No such file or directory");
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(file_read("/", 10, &bytes, &size, &err), -1);
	assert_string_equal(err.text, "/: is a directory");
	assert_int_equal(err.kind, ERROR_INPUT);
}

static void zero_is_told_from_nearly_zero(void **state)
{
	char bytes[100] = { 0 };

	(void)state;
	assert_true(is_zero(bytes, sizeof(bytes)));
	assert_true(is_zero(bytes, 0));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 1;
		assert_false(is_zero(bytes, sizeof(bytes)));
		assert_true(is_zero(bytes, i));
		bytes[i] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_reads_are_exact),
		cmocka_unit_test(a_pipe_is_read_to_its_end),
		cmocka_unit_test(a_full_device_is_a_system_error),
		cmocka_unit_test(a_file_is_read_whole_up_to_its_limit),
		cmocka_unit_test(a_file_that_is_none_is_named),
		cmocka_unit_test(zero_is_told_from_nearly_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
