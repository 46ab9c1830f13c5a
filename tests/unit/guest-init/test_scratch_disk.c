// SPDX-License-Identifier: Apache-2.0
/* Which disk is the scratch disk, and which is refused before anything is written to it. */
#include "tests/unit/guest-init/fake_sys.h"

#include <sys/socket.h>

#include "guest-init/scratch_disk.h"

static struct fake fake;
static int events[2];

static int make(void **state)
{
	(void)state;
	fake_make(&fake);
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, events);
}

static int clear(void **state)
{
	(void)state;
	fake_remove(&fake);
	(void)close(events[0]);
	(void)close(events[1]);
	return 0;
}

static void attribute(const char *disk, const char *name, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "class/block/%s/%s", disk, name);
	fake_text(&fake, path, value);
}

static void add_disk(const char *name, const char *dev, const char *sectors, const char *serial)
{
	attribute(name, "dev", dev);
	attribute(name, "size", sectors);
	attribute(name, "serial", serial);
	attribute(name, "device/vendor", "0x1af4\n");
}

static int open_it(struct error *err)
{
	cleanup_modules struct modules *modules = NULL;
	struct mapped mapped = { .path = "untouched" };
	uint64_t waited_ms = 0;

	assert_done(modules_open("/nonexistent", &modules, err), err);
	int result = scratch_disk_open(fake.fd, events[0], modules, &waited_ms, &mapped, err);
	assert_string_equal(mapped.path, "untouched");
	return result;
}

static void one_too_small(void **state)
{
	struct error err;

	(void)state;
	add_disk("vda", "254:0\n", "8192\n", "podseal-image\n");
	add_disk("vdb", "254:16\n", "32767\n", "podseal-scratch\n");
	assert_refused("small", open_it(&err), &err, ERROR_INPUT,
		       "/dev/vdb: 16776704 bytes, at least 16777216");
}

static void one_that_is_read_only(void **state)
{
	struct error err;

	(void)state;
	add_disk("vdb", "254:16\n", "2097152\n", "podseal-scratch\n");
	attribute("vdb", "ro", "1\n");
	assert_refused("read-only", open_it(&err), &err, ERROR_INPUT, "/dev/vdb: it is read-only");
}

static void two_of_them(void **state)
{
	struct error err;

	(void)state;
	add_disk("sda", "8:0\n", "2097152\n", "podseal-scratch\n");
	add_disk("vdb", "254:16\n", "2097152\n", "podseal-scratch\n");
	assert_refused("two", open_it(&err), &err, ERROR_INPUT,
		       "/dev/sda and /dev/vdb both have the serial podseal-scratch");
}

static void none_of_that_name(void **state)
{
	struct error err;

	(void)state;
	add_disk("vda", "254:0\n", "8192\n", "podseal-scratch2\n");
	assert_refused("none", open_it(&err), &err, ERROR_INPUT,
		       "no disk has the serial podseal-scratch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_too_small, make, clear),
		cmocka_unit_test_setup_teardown(one_that_is_read_only, make, clear),
		cmocka_unit_test_setup_teardown(two_of_them, make, clear),
		cmocka_unit_test_setup_teardown(none_of_that_name, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
