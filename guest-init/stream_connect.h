// SPDX-License-Identifier: Apache-2.0
/* What lies below a stream: sockets and virtio-serial ports. Private to stream.c. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "guest-init/broker_url.h"

/* A non-blocking file descriptor that leads to the broker. */
int stream_connect(const struct broker_url *url, int sys_fd, uint64_t deadline_ms, int *fd,
		   struct error *err) MUST_CHECK;

/* Until poll(2) says that one of `events` is there. ERROR_SYSTEM: not before the deadline. */
int stream_wait(int fd, short events, uint64_t deadline_ms, struct error *err) MUST_CHECK;

/* The node of the virtio-serial port of that name ("/dev/vport1p1"), as /sys has it: the links of
 * /dev/virtio-ports are udev's work, and there is none. */
int stream_find_port(int sys_fd, const char *name, char path[64], struct error *err) MUST_CHECK;
