// SPDX-License-Identifier: Apache-2.0
/* Device-mapper devices, through libdevmapper. */
#pragma once

#include <stdbool.h>

#include "common/error.h"
#include "guest-init/tables.h"

enum { MAPPER_PATH_BYTES = 32 };

struct mapped {
	struct device_number number;
	char path[MAPPER_PATH_BYTES]; /* its node, made by the kernel: "/dev/dm-0" */
};

enum mapper_access { MAPPER_READ_ONLY, MAPPER_READ_WRITE };

/* Makes the device `name` ("podseal-root-verity") with this one target and starts it. The kernel
 * wipes its buffers of the table afterwards (DM_SECURE_DATA_FLAG). */
int mapper_create(const char *name, const struct table *table, enum mapper_access access,
		  struct mapped *mapped, struct error *err) MUST_CHECK;

/* Removes it; 0 also where there is none. */
int mapper_remove(const char *name, struct error *err) MUST_CHECK;
