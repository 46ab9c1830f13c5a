// SPDX-License-Identifier: Apache-2.0
/* podseal.scratch=disk: a disk of the host's that the host can neither read nor change unseen. */
#pragma once

#include "guest-init/mapper.h"
#include "guest-init/modules.h"

#define SCRATCH_SERIAL "podseal-scratch"
enum {
	SCRATCH_WAIT_MS = 10000, /* for the disk, in all */
	SCRATCH_QUIET_MS = 2000, /* and after the last one that appeared */
};

/* Takes the disk with the serial SCRATCH_SERIAL, waiting for it, and makes dm-crypt on dm-integrity
 * of it under a key that is drawn here and kept nowhere else but in the kernel. Whatever was on the
 * disk is lost. A block of the result that was not written reads as an I/O error. `sys_fd` and
 * `uevent_fd` as for image_find(); *waited_ms grows by the time of waiting. ERROR_INPUT: no such
 * disk, two of them, one that is too small or read-only. */
int scratch_disk_open(int sys_fd, int uevent_fd, struct modules *modules, uint64_t *waited_ms,
		      struct mapped *result, struct error *err) MUST_CHECK;
