// SPDX-License-Identifier: Apache-2.0
/* The scratch disk's file system, on files full of other bytes: a clean one to e2fsck, and little
 * of it written. */
#include "tests/unit/guest-init/fake_sys.h"

#include <stdbool.h>

#include "common/cleanup.h"
#include "guest-init/scratch_ext4.h"

static struct fake fake;
static char path[128];

static int make(void **state)
{
	(void)state;
	fake_make(&fake);
	(void)snprintf(path, sizeof(path), "%s/disk", fake.root);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	fake_remove(&fake);
	return 0;
}

/* Junk where the metadata goes, nothing behind it. */
static void make_disk(uint64_t bytes)
{
	static uint8_t junk[1 << 20];

	memset(junk, 0xa5, sizeof(junk));
	cleanup_fd int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (off_t at = 0; at < 4 << 20 && (uint64_t)at + sizeof(junk) <= bytes; at += 1 << 20)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
	assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
}

static bool have_e2fsck(void)
{
	return access("/sbin/e2fsck", X_OK) == 0 || access("/usr/sbin/e2fsck", X_OK) == 0;
}

static void assert_clean(uint64_t bytes)
{
	char command[256], said[4096] = "";

	(void)snprintf(command, sizeof(command), "PATH=$PATH:/usr/sbin:/sbin e2fsck -fn %s 2>&1",
		       path);
	FILE *f = popen(command, "re");
	assert_non_null(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	int status = pclose(f);
	if (status != 0 || !strstr(said, ": 10/"))
		fail_msg("%llu bytes: status %d:\n%s", (unsigned long long)bytes, status, said);
}

static void a_clean_one_of_any_size(void **state)
{
	static const uint64_t sizes[] = { 1 << 20,      (1 << 20) + 4097, 15 << 20,
					  129ULL << 20, 3ULL << 30,       100ULL << 30 };
	struct error err;

	(void)state;
	if (!have_e2fsck()) {
		print_message("# SKIP e2fsck is not installed\n");
		skip();
	}
	for (size_t i = 0; i < LENGTH_OF(sizes); i++) {
		make_disk(sizes[i]);
		assert_done(scratch_ext4_make(path, &err), &err);
		assert_clean(sizes[i]);
	}
}

static void little_of_it_is_written(void **state)
{
	struct error err;
	struct stat st;

	(void)state;
	make_disk(1ULL << 40);
	assert_done(scratch_ext4_make(path, &err), &err);
	assert_int_equal(stat(path, &st), 0);
	/* the junk, 8192 group descriptors, and the bitmaps of few groups */
	assert_true(st.st_blocks * 512 < 5 << 20);
}

static void one_that_is_too_small_says_so(void **state)
{
	struct error err;

	(void)state;
	make_disk((1 << 20) - 1);
	assert_refused("small", scratch_ext4_make(path, &err), &err, ERROR_INPUT,
		       "1048575 bytes, at least 1048576");
	assert_refused("none", scratch_ext4_make("/nonexistent", &err), &err, ERROR_SYSTEM,
		       "/nonexistent: No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_clean_one_of_any_size, make, clear),
		cmocka_unit_test_setup_teardown(little_of_it_is_written, make, clear),
		cmocka_unit_test_setup_teardown(one_that_is_too_small_says_so, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
