// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/hex.h"
#include "common/io.h"
#include "common/secret.h"

/* A file of `size` bytes with `mode` and its path; the test unlinks it. */
static void key_file(char path[64], size_t size, mode_t mode)
{
	struct error err = { 0 };
	char bytes[128];

	(void)snprintf(path, 64, "/tmp/podseal-secret.XXXXXX");
	cleanup_fd int fd = mkstemp(path);
	assert_true(fd >= 0 && size <= sizeof(bytes));
	memset(bytes, 'k', sizeof(bytes));
	assert_int_equal(write_all(fd, bytes, size, &err), 0);
	assert_int_equal(fchmod(fd, mode), 0);
}

static void a_secret_starts_zero_and_has_its_size(void **state)
{
	struct error err = { 0 };
	cleanup_secret struct secret *secret = NULL;

	(void)state;
	assert_int_equal(secret_new(64, &secret, &err), 0);
	assert_int_equal(secret->size, 64);
	assert_true(is_zero(secret->bytes, 64));
}

static void a_secret_of_no_bytes_or_too_many_is_refused(void **state)
{
	static const size_t sizes[] = { 0, (1 << 20) + 1, SIZE_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct error err = { 0 };
		struct secret *secret = NULL;
		assert_int_equal(secret_new(sizes[i], &secret, &err), -1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(secret);
	}
}

static void random_secrets_differ(void **state)
{
	struct error err = { 0 };
	cleanup_secret struct secret *a = NULL, *b = NULL;

	(void)state;
	assert_int_equal(secret_random(64, &a, &err), 0);
	assert_int_equal(secret_random(64, &b, &err), 0);
	assert_false(secret_equal(a->bytes, b->bytes, 64));
	assert_false(is_zero(a->bytes + 32, 32));
	memcpy(b->bytes, a->bytes, 64);
	assert_true(secret_equal(a->bytes, b->bytes, 64));
}

static void a_forked_child_sees_zeros(void **state)
{
	struct error err = { 0 };
	cleanup_secret struct secret *secret = NULL;
	int status = 0;

	(void)state;
	assert_int_equal(secret_random(64, &secret, &err), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(is_zero(secret->bytes, 64) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_key_file_of_its_owner_alone_is_read(void **state)
{
	struct error err = { 0 };
	cleanup_secret struct secret *secret = NULL;
	char path[64];

	(void)state;
	key_file(path, 64, 0600);
	int result = secret_read_file(path, 64, &secret, &err);
	(void)unlink(path);
	assert_int_equal(result, 0);
	assert_int_equal(secret->size, 64);
	assert_int_equal(secret->bytes[0], 'k');
	assert_int_equal(secret->bytes[63], 'k');
}

static void a_key_others_may_use_is_refused_with_the_chmod_to_run(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0644, 0620, 0602, 0610, 0601, 0666 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct error err = { 0 };
		struct secret *secret = NULL;
		char path[64], want[256];
		key_file(path, 64, modes[i]);
		int result = secret_read_file(path, 64, &secret, &err);
		(void)unlink(path);
		(void)snprintf(want, sizeof(want),
			       "%s: others may use this key (mode %04o); run: chmod 600 %s", path,
			       (unsigned)modes[i], path);
		assert_int_equal(result, -1);
		assert_string_equal(err.text, want);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(secret);
	}
}

static void a_key_of_another_size_or_kind_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 32, 63, 65, 128 };
	struct error err = { 0 };
	struct secret *secret = NULL;
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char want[128];
		key_file(path, sizes[i], 0600);
		int result = secret_read_file(path, 64, &secret, &err);
		(void)unlink(path);
		(void)snprintf(want, sizeof(want), "%s: %zu bytes, a key is 64", path, sizes[i]);
		assert_int_equal(result, -1);
		assert_string_equal(err.text, want);
		assert_int_equal(err.kind, ERROR_INPUT);
	}
	assert_int_equal(secret_read_file("/no/such", 64, &secret, &err), -1);
	assert_string_equal(err.text, "/no/such: no such file");
	assert_int_equal(secret_read_file("/dev/zero", 64, &secret, &err), -1);
	assert_string_equal(err.text, "/dev/zero: not a regular file");
	assert_null(secret);
}

static void derived_bytes_are_hkdf_sha_256s(void **state)
{
	/* RFC 5869, A.3: no salt, no info */
	static const char want[] = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2"
				   "d9d201395faa4b61a96c8";
	struct error err = { 0 };
	uint8_t key[22], out[42], other[42];
	char text[2 * sizeof(out) + 1];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	assert_int_equal(secret_derive(key, sizeof(key), "", out, sizeof(out), &err), 0);
	hex_encode(out, sizeof(out), text);
	assert_string_equal(text, want);
	assert_int_equal(secret_derive(key, sizeof(key), "label", other, sizeof(other), &err), 0);
	assert_memory_not_equal(out, other, sizeof(out));
}

/* In a child, since limits of this process do not rise again. */
static int core_limit_after(rlim_t hard)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit limit = { 0, hard };
		if (setrlimit(RLIMIT_CORE, &limit) < 0)
			_exit(99);
		secret_forbid_core_dumps();
		if (getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_cur != limit.rlim_max)
			_exit(98);
		_exit((int)limit.rlim_cur);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void core_dumps_can_be_forbidden(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(core_limit_after(limit.rlim_max), limit.rlim_max ? 1 : 0);
	assert_int_equal(core_limit_after(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_starts_zero_and_has_its_size),
		cmocka_unit_test(a_secret_of_no_bytes_or_too_many_is_refused),
		cmocka_unit_test(random_secrets_differ),
		cmocka_unit_test(a_forked_child_sees_zeros),
		cmocka_unit_test(a_key_file_of_its_owner_alone_is_read),
		cmocka_unit_test(a_key_others_may_use_is_refused_with_the_chmod_to_run),
		cmocka_unit_test(a_key_of_another_size_or_kind_is_refused),
		cmocka_unit_test(derived_bytes_are_hkdf_sha_256s),
		cmocka_unit_test(core_dumps_can_be_forbidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
