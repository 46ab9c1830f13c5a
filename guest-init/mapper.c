// SPDX-License-Identifier: Apache-2.0
#include "guest-init/mapper.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include <linux/dm-ioctl.h>

#include "common/cleanup.h"

/* The kernel takes them one after the other, without gaps. */
struct request {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char text[TABLE_TEXT_BYTES];
};
_Static_assert(offsetof(struct request, text) ==
		       sizeof(struct dm_ioctl) + sizeof(struct dm_target_spec),
	       "a gap in a device-mapper request");
_Static_assert(MAPPER_NAME_BYTES <= DM_NAME_LEN, "a name that device-mapper would cut");

/* A request about the device `name`, without a table. Its version is the oldest that has the flags
 * below; newer kernels take older ones. */
static struct request request_for(const char *name)
{
	struct request request = { .head = { .version = { 4, 0, 0 },
					     .data_size = sizeof(request),
					     .data_start = sizeof(request.head) } };

	(void)snprintf(request.head.name, sizeof(request.head.name), "%s", name);
	return request;
}

static int create_empty(int control, const char *name, uint64_t *device)
{
	struct request request = request_for(name);

	if (ioctl(control, DM_DEV_CREATE, &request) < 0)
		return -1;
	*device = request.head.dev;
	return 0;
}

static int load(int control, const char *name, const struct table *table, enum mapper_access access)
{
	struct request request = request_for(name);

	request.head.flags = DM_SECURE_DATA_FLAG;
	if (access == MAPPER_READ_ONLY)
		request.head.flags |= DM_READONLY_FLAG;
	request.head.target_count = 1;
	request.target.length = table->sectors;
	(void)snprintf(request.target.target_type, sizeof(request.target.target_type), "%s",
		       table->target);
	(void)snprintf(request.text, sizeof(request.text), "%s", table->text);
	return ioctl(control, DM_TABLE_LOAD, &request);
}

/* "Suspend" without the flag that says so: resume. */
static int start(int control, const char *name)
{
	struct request request = request_for(name);

	return ioctl(control, DM_DEV_SUSPEND, &request);
}

static int remove_device(int control, const char *name)
{
	struct request request = request_for(name);

	return ioctl(control, DM_DEV_REMOVE, &request);
}

static int open_control(int *control, struct error *err)
{
	static const char path[] = "/dev/" DM_DIR "/" DM_CONTROL_NODE;

	*control = open(path, O_RDWR | O_CLOEXEC);
	return *control < 0 ? error_system(err, "%s", path) : 0;
}

int mapper_create(const char *name, const struct table *table, enum mapper_access access,
		  struct mapped *mapped, struct error *err)
{
	cleanup_fd int control = -1;
	uint64_t device;

	if (open_control(&control, err) < 0)
		return -1;
	if (create_empty(control, name, &device) < 0)
		return error_system(err, "device-mapper refuses the device %s", name);
	if (load(control, name, table, access) < 0 || start(control, name) < 0) {
		(void)error_system(err, "device-mapper refuses %s (%s)", name, table->target);
		(void)remove_device(control, name);
		return -1;
	}
	/* huge_encode_dev(): the minor number's low byte, the major number, the rest of the minor
	 */
	mapped->number.major = (uint32_t)(device >> 8 & 0xfff);
	mapped->number.minor = (uint32_t)((device & 0xff) | (device >> 12 & 0xfff00));
	(void)snprintf(mapped->path, sizeof(mapped->path), "/dev/dm-%u", mapped->number.minor);
	return 0;
}
