// SPDX-License-Identifier: Apache-2.0
/* The capabilities of Linux by name (capabilities(7), linux/capability.h). */
#pragma once

#include <stdint.h>

enum { CAPABILITY_COUNT = 41 };
#define CAPABILITY_ALL ((UINT64_C(1) << CAPABILITY_COUNT) - 1)

/* The number of "CHOWN" or "CAP_CHOWN", in any case, as CRI runtimes take it; -1: there is none. */
int pod_capability_number(const char *name);

/* "CAP_CHOWN" for 0. */
const char *pod_capability_name(int number);
