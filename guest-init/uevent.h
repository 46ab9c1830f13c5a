// SPDX-License-Identifier: Apache-2.0
/* The kernel's announcements of devices, from its netlink socket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { UEVENT_MAX_BYTES = 8192 }; /* the kernel's UEVENT_BUFFER_SIZE is 2048 */

/* Borrowed from the message; "" where it says nothing of the kind. */
struct uevent {
	const char *action; /* "add", "change" */
	const char *subsystem;
	const char *modalias;
};

/* "ACTION@DEVPATH", then NAME=VALUE, each ended by a NUL. ERROR_INPUT for anything else. */
int uevent_parse(const uint8_t *bytes, size_t size, struct uevent *event, struct error *err)
	MUST_CHECK;

/* A socket that hears all events from now on. */
int uevent_open(int *fd, struct error *err) MUST_CHECK;

/* The next event from the kernel, read into `buffer`. false: none until `deadline_ms` (of
 * clock_ms()). Messages from anyone but the kernel, and ones that do not parse, are passed over;
 * where the socket lost some, there comes an event with all members "". */
bool uevent_next(int fd, uint64_t deadline_ms, uint8_t buffer[UEVENT_MAX_BYTES],
		 struct uevent *event);

/* Since the machine started. */
uint64_t clock_us(void);
uint64_t clock_ms(void);
