// SPDX-License-Identifier: Apache-2.0
/* The disks of the machine, out of /sys/class/block: virtio-blk, SCSI, NVMe, persistent memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	DISKS_MAX = 64,
	DISK_NAME_BYTES = 32,   /* with the NUL */
	DISK_SERIAL_BYTES = 64, /* with the NUL */
};

struct disk {
	char name[DISK_NAME_BYTES]; /* its node is /dev/NAME */
	uint32_t major, minor;
	uint64_t size_bytes;
	bool read_only;
	char serial[DISK_SERIAL_BYTES]; /* as the host gave it; "": none */
};

struct disks {
	size_t count;
	struct disk disk[DISKS_MAX]; /* in the order of their names, shorter ones first */
};

/* Whole disks with hardware behind them and at least a sector in them: no partitions, no loop, RAM
 * or device-mapper devices. `sys_fd` is an open /sys. ERROR_INPUT: more than DISKS_MAX. */
int disks_list(int sys_fd, struct disks *disks, struct error *err) MUST_CHECK;
