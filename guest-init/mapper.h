// SPDX-License-Identifier: Apache-2.0
/* Device-mapper devices, by the kernel's own requests (linux/dm-ioctl.h). libdevmapper makes the
 * same ones for udev's benefit, and brings libudev, libselinux, libpcre2 and libm into the measured
 * initrd: 0.9 MB of it compressed, more than all of the drivers. */
#pragma once

#include "common/error.h"
#include "guest-init/tables.h"

enum {
	MAPPER_NAME_BYTES = 128, /* with the NUL */
	MAPPER_PATH_BYTES = 32,
};

struct mapped {
	struct device_number number;
	char path[MAPPER_PATH_BYTES]; /* its node, made by the kernel: "/dev/dm-0" */
};

enum mapper_access { MAPPER_READ_ONLY, MAPPER_READ_WRITE };

/* Makes the device `name` ("podseal-root-verity", less than MAPPER_NAME_BYTES) with this one target
 * and starts it. The kernel wipes its buffers of the table afterwards (DM_SECURE_DATA_FLAG). */
int mapper_create(const char *name, const struct table *table, enum mapper_access access,
		  struct mapped *mapped, struct error *err) MUST_CHECK;
