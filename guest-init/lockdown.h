// SPDX-License-Identifier: Apache-2.0
/* Doors that are shut before the pod runs, below an open /proc. A kernel built without one of them
 * has nothing to shut. ERROR_INPUT: a kernel that keeps one open all the same. */
#pragma once

#include "common/error.h"

/* At the start: no magic SysRq. A break on the serial console would have the kernel print
 * registers. */
int lockdown_sysrq(int proc_fd, struct error *err) MUST_CHECK;

/* At the end: no other kernel (kexec_load_disabled) and no more modules (modules_disabled). */
int lockdown(int proc_fd, struct error *err) MUST_CHECK;
