// SPDX-License-Identifier: Apache-2.0
/* What takes writes: podseal.scratch=. */
#pragma once

#include "guest-init/cmdline.h"
#include "guest-init/modules.h"

/* What scratch_mount() needs for SCRATCH_DISK: see scratch_disk.h. */
struct scratch_machine {
	int sys_fd, uevent_fd;
	struct modules *modules;
	uint64_t *waited_ms;
};

/* Mounts it at MOUNTS_SCRATCH, readable by root alone; does nothing for SCRATCH_NONE. */
int scratch_mount(const struct cmdline *cmdline, const struct scratch_machine *machine,
		  struct error *err) MUST_CHECK;
