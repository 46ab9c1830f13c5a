// SPDX-License-Identifier: Apache-2.0
/* What takes writes: podseal.scratch=. */
#pragma once

#include "guest-init/cmdline.h"
#include "guest-init/modules.h"

/* Mounts it at MOUNTS_SCRATCH; does nothing for SCRATCH_NONE. */
int scratch_mount(const struct cmdline *cmdline, struct modules *modules, struct error *err)
	MUST_CHECK;
