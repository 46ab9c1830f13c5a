// SPDX-License-Identifier: Apache-2.0
/* Waiting for disks that are not there yet. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "guest-init/modules.h"

enum { DISK_WAIT_GRACE_MS = 1000 };

/* Until an event that may have brought a disk: 1; 0 when there is none until `deadline_ms` (of
 * clock_ms()), or DISK_WAIT_GRACE_MS later while a host floods the guest with events; -1 when a
 * driver cannot be loaded. Loads the drivers of other devices that appear meanwhile. `uevent_fd` is
 * uevent_open()'s; *waited_ms grows by how long it waited. */
int disk_wait(int uevent_fd, struct modules *modules, uint64_t deadline_ms, uint64_t *waited_ms,
	      struct error *err) MUST_CHECK;
