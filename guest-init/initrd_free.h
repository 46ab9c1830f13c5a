// SPDX-License-Identifier: Apache-2.0
/* Emptying the initrd, which lies in memory, when it has served. */
#pragma once

#include "common/error.h"

/* Removes everything below `root` that is on the same file system, which has to be a ramfs or tmpfs
 * (the check is what stands between a mistake and somebody's disk). Mount points stay. */
int initrd_free(const char *root, struct error *err) MUST_CHECK;
