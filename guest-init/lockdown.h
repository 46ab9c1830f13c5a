// SPDX-License-Identifier: Apache-2.0
/* Doors that are shut before the pod runs. */
#pragma once

#include "common/error.h"

/* Below an open /proc: no other kernel (kexec_load_disabled), no more modules
 * (modules_disabled), no magic SysRq. A kernel built without one of these has nothing to shut. */
int lockdown(int proc_fd, struct error *err) MUST_CHECK;
