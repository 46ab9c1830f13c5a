// SPDX-License-Identifier: Apache-2.0
#include "guest-init/image_find.h"

#include <stdio.h>
#include <string.h>

#include "guest-init/disk_wait.h"
#include "guest-init/uevent.h"

enum nearness { NO_DISK, NO_IMAGE, NOT_ACCEPTED };

struct attempt {
	enum nearness nearness;
	struct error err;
};

static void remember(struct attempt *attempt, enum nearness nearness, const struct error *err)
{
	if (nearness <= attempt->nearness)
		return;
	attempt->nearness = nearness;
	attempt->err = *err;
}

static bool try_disk(const struct image_search *search, const struct disk *disk,
		     struct image **result, struct attempt *attempt)
{
	char path[64];
	struct error err;
	cleanup_image struct image *image = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", search->dev, disk->name);
	if (image_open(path, &image, &err) < 0) {
		remember(attempt, NO_IMAGE, &err);
		return false;
	}
	if (search->judge(image, search->context, &err) < 0) {
		(void)error_prefix(&err, "%s", path);
		remember(attempt, NOT_ACCEPTED, &err);
		return false;
	}
	*result = take_ptr(image);
	return true;
}

/* 1: found, 0: not yet. */
static int try_all(const struct image_search *search, struct disk *disk, struct image **image,
		   struct attempt *attempt, struct error *err)
{
	struct disks disks;

	if (disks_list(search->sys_fd, &disks, err) < 0)
		return -1;
	*attempt = (struct attempt){ 0 };
	for (size_t i = 0; i < disks.count; i++)
		if (try_disk(search, &disks.disk[i], image, attempt)) {
			*disk = disks.disk[i];
			return 1;
		}
	return 0;
}

int image_find(struct image_search *search, struct disk *disk, struct image **image,
	       struct error *err)
{
	uint64_t last = clock_ms() + search->wait_ms;
	struct attempt attempt;

	for (;;) {
		int found = try_all(search, disk, image, &attempt, err);
		if (found != 0)
			return found < 0 ? -1 : 0;
		uint64_t quiet = clock_ms() + search->quiet_ms;
		bool any = attempt.nearness != NO_DISK;
		int event = disk_wait(search->uevent_fd, search->modules,
				      any && quiet < last ? quiet : last, &search->waited_ms, err);
		if (event < 0)
			return -1;
		if (event == 0)
			break;
	}
	if (attempt.nearness == NO_DISK)
		return error_input(err, "no disk within %llu s",
				   (unsigned long long)search->wait_ms / 1000);
	*err = attempt.err;
	return -1;
}
