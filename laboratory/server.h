// SPDX-License-Identifier: Apache-2.0
/* /dev/sev-guest as a character device in userspace (CUSE; libfuse, cuse_lowlevel.h). */
#pragma once

#include "common/error.h"
#include "laboratory/device.h"

/* Makes the device, writes one byte to `ready_fd` once it is there, and answers until it is ended.
 * /dev/cuse must be there. Returns -1 only. */
int server_run(struct device *device, int ready_fd, struct error *err) MUST_CHECK;
