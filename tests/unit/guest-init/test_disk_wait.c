// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/disk_wait.h"
#include "guest-init/uevent.h"

static const char block[] = "add@/vda\0ACTION=add\0SUBSYSTEM=block";
static const char net[] = "add@/eth0\0ACTION=add\0SUBSYSTEM=net";

static int events[2];
static struct modules *modules;

static int make(void **state)
{
	struct error err;

	(void)state;
	assert_done(modules_open("/nonexistent", &modules, &err), &err);
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, events);
}

static int clear(void **state)
{
	(void)state;
	modules_free(modules);
	(void)close(events[0]);
	(void)close(events[1]);
	return 0;
}

static void a_disk_among_other_devices(void **state)
{
	uint64_t waited = 7;
	struct error err;

	(void)state;
	assert_int_equal(send(events[1], net, sizeof(net), 0), sizeof(net));
	assert_int_equal(send(events[1], block, sizeof(block), 0), sizeof(block));
	assert_int_equal(disk_wait(events[0], modules, clock_ms() + 10000, &waited, &err), 1);
	assert_true(waited >= 7);
}

/* An event that has arrived by then counts, and nothing is no error. */
static void until_the_deadline(void **state)
{
	uint64_t waited = 0, before = clock_ms();
	struct error err;

	(void)state;
	assert_int_equal(send(events[1], block, sizeof(block), 0), sizeof(block));
	assert_int_equal(disk_wait(events[0], modules, before, &waited, &err), 1);
	uint64_t deadline = clock_ms() + 200;
	assert_int_equal(disk_wait(events[0], modules, deadline, &waited, &err), 0);
	/* the deadline may have begun before the wait did */
	assert_in_range(clock_ms(), deadline, UINT64_MAX);
	assert_in_range(waited, 1, clock_ms() - before);
}

static void a_flood_ends_too(void **state)
{
	uint64_t waited = 0;
	struct error err;

	(void)state;
	pid_t host = fork();
	if (host == 0) {
		(void)close(events[0]);
		for (;;)
			if (send(events[1], net, sizeof(net), 0) < 0)
				(void)usleep(100);
	}
	assert_true(host > 0);
	assert_int_equal(disk_wait(events[0], modules, clock_ms() + 20, &waited, &err), 0);
	assert_int_equal(kill(host, SIGKILL), 0);
	assert_int_equal(waitpid(host, NULL, 0), host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_disk_among_other_devices, make, clear),
		cmocka_unit_test_setup_teardown(until_the_deadline, make, clear),
		cmocka_unit_test_setup_teardown(a_flood_ends_too, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
