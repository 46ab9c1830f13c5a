// SPDX-License-Identifier: Apache-2.0
#include "guest-init/uevent.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "common/cleanup.h"

enum {
	KERNEL_GROUP = 1, /* of NETLINK_KOBJECT_UEVENT; 2 is udev's */
	RECEIVE_BUFFER_BYTES = 1 << 20,
};

int uevent_parse(const uint8_t *bytes, size_t size, struct uevent *result, struct error *err)
{
	struct uevent event = { "", "", "" };
	const struct {
		const char *name;
		const char **value;
	} members[] = {
		{ "ACTION=", &event.action },
		{ "SUBSYSTEM=", &event.subsystem },
		{ "MODALIAS=", &event.modalias },
	};

	if (size == 0 || size > UEVENT_MAX_BYTES || bytes[size - 1] != '\0')
		return error_input(err, "an event of %zu bytes that does not end in a NUL", size);
	const char *text = (const char *)bytes, *end = text + size;
	if (!strchr(text, '@'))
		return error_input(err, "an event that does not begin with ACTION@DEVPATH");
	for (text += strlen(text) + 1; text < end; text += strlen(text) + 1)
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
			size_t n = strlen(members[i].name);
			if (strncmp(text, members[i].name, n) == 0)
				*members[i].value = text + n;
		}
	*result = event;
	return 0;
}

int uevent_open(int *result, struct error *err)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
	const int bytes = RECEIVE_BUFFER_BYTES;
	cleanup_fd int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				   NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_system(err, "listening for device events");
	/* a smaller buffer only means that more is looked at again after an overrun */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	*result = take_fd(&fd);
	return 0;
}

uint64_t clock_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t clock_ms(void)
{
	return clock_us() / 1000;
}

/* One message, or false: none is waiting. */
static bool receive(int fd, uint8_t buffer[UEVENT_MAX_BYTES], struct uevent *event, bool *usable)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_size = sizeof(from);
	struct error err;
	ssize_t n = recvfrom(fd, buffer, UEVENT_MAX_BYTES, 0, (struct sockaddr *)&from, &from_size);

	*usable = false;
	if (n < 0 && errno == ENOBUFS) {
		*event = (struct uevent){ "", "", "" };
		*usable = true;
		return true;
	}
	if (n < 0)
		return errno == EINTR;
	*usable = from.nl_pid == 0 && uevent_parse(buffer, (size_t)n, event, &err) == 0;
	return true;
}

bool uevent_next(int fd, uint64_t deadline_ms, uint8_t buffer[UEVENT_MAX_BYTES],
		 struct uevent *event)
{
	for (;;) {
		bool usable;
		while (receive(fd, buffer, event, &usable))
			if (usable)
				return true;
		uint64_t now = clock_ms();
		if (now >= deadline_ms)
			return false;
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		(void)poll(&wait, 1, (int)(deadline_ms - now));
	}
}
