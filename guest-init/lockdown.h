// SPDX-License-Identifier: Apache-2.0
/* Doors that are shut before the pod runs. */
#pragma once

#include "common/error.h"

/* At the start: no core dumps, of this process or of any after it, and no other process that could
 * trace this one. */
int lockdown_early(struct error *err) MUST_CHECK;

/* At the end, below an open /proc: no other kernel (kexec_load_disabled), no more modules
 * (modules_disabled), no magic SysRq. A kernel built without one of these has nothing to shut. */
int lockdown_late(int proc_fd, struct error *err) MUST_CHECK;
