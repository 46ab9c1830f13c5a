// SPDX-License-Identifier: Apache-2.0
/* Which of the machine's disks holds the image: the first whose descriptor is accepted. The host
 * attaches what it likes, in any order, so neither a name nor a serial number decides. */
#pragma once

#include "common/error.h"
#include "guest-init/disks.h"
#include "guest-init/modules.h"
#include "verity/image.h"

enum {
	IMAGE_WAIT_MS = 10000,
	IMAGE_QUIET_MS = 2000,
};

/* Whether this image is to be trusted: 0, or -1 and why not. */
typedef int image_judge(const struct image *image, void *context, struct error *err);

struct image_search {
	int sys_fd;              /* an open /sys */
	const char *dev;         /* "/dev" */
	int uevent_fd;           /* uevent_open()'s, opened before the first module was loaded */
	struct modules *modules; /* for the devices that come meanwhile */
	image_judge *judge;
	void *context;
	uint64_t wait_ms;   /* from the start, while there is no disk at all; IMAGE_WAIT_MS */
	uint64_t quiet_ms;  /* after the last disk appeared; IMAGE_QUIET_MS */
	uint64_t waited_ms; /* grows by how long it waited for devices */
};

/* Looks at all disks, again at each event of a block device, until one is accepted; what a host
 * adds meanwhile makes that no longer than `wait_ms` and disk_wait()'s grace. The caller closes
 * *image. On failure the error is that of the disk that came nearest: a sealed image that was not
 * accepted, else what made a disk no sealed image. */
int image_find(struct image_search *search, struct disk *disk, struct image **image,
	       struct error *err) MUST_CHECK;
