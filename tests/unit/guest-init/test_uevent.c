// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <sys/socket.h>
#include <unistd.h>

#include "guest-init/uevent.h"

static const uint8_t add[] = "add@/devices/pci0000:00/virtio0/block/vda\0ACTION=add\0"
			     "DEVPATH=/devices/pci0000:00/virtio0/block/vda\0SUBSYSTEM=block\0"
			     "DEVNAME=vda\0MODALIAS=virtio:d00000002v00001AF4";

static void an_event_is_read(void **state)
{
	struct uevent event;
	struct error err;

	(void)state;
	assert_done(uevent_parse(add, sizeof(add), &event, &err), &err);
	assert_string_equal(event.action, "add");
	assert_string_equal(event.subsystem, "block");
	assert_string_equal(event.modalias, "virtio:d00000002v00001AF4");
}

static void other_messages_are_refused(void **state)
{
	static const uint8_t udev[] = "libudev\0\xfe\xed";
	static uint8_t large[UEVENT_MAX_BYTES + 1];
	struct uevent event;
	struct error err;

	(void)state;
	assert_refused("none", uevent_parse(add, 0, &event, &err), &err, ERROR_INPUT, "0 bytes");
	assert_refused("cut", uevent_parse(add, sizeof(add) - 1, &event, &err), &err, ERROR_INPUT,
		       "does not end in a NUL");
	assert_refused("udev", uevent_parse(udev, sizeof(udev), &event, &err), &err, ERROR_INPUT,
		       "ACTION@DEVPATH");
	assert_refused("large", uevent_parse(large, sizeof(large), &event, &err), &err, ERROR_INPUT,
		       "8193 bytes");
}

static void the_wait_ends(void **state)
{
	uint8_t buffer[UEVENT_MAX_BYTES];
	struct uevent event;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_false(uevent_next(pair[0], clock_ms() + 20, buffer, &event));
	assert_int_equal(send(pair[1], "nonsense", 8, 0), 8);
	assert_int_equal(send(pair[1], add, sizeof(add), 0), sizeof(add));
	assert_true(uevent_next(pair[0], clock_ms() + 5000, buffer, &event));
	assert_string_equal(event.subsystem, "block");
	assert_false(uevent_next(pair[0], 0, buffer, &event));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_read),
		cmocka_unit_test(other_messages_are_refused),
		cmocka_unit_test(the_wait_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
