// SPDX-License-Identifier: Apache-2.0
/* How the kernel waits for its readers (RCU): mounting, device-mapper and the lock-down each make
 * it wait, a scheduler tick or more at a time, unless it is told to ask the processors at once. */
#pragma once

#include <stdbool.h>

/* Has the kernel hurry, until rcu_as_before(). `sys_fd` is an open /sys; a kernel that has no such
 * setting is as slow as it is. Returns whether there is something to put back. */
bool rcu_hurry(int sys_fd);
void rcu_as_before(int sys_fd, bool changed);
