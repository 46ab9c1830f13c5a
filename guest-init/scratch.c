// SPDX-License-Identifier: Apache-2.0
#include "guest-init/scratch.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "guest-init/mounts.h"
#include "guest-init/scratch_disk.h"
#include "guest-init/scratch_ext4.h"

static int mount_tmpfs(uint64_t bytes, struct error *err)
{
	char options[64] = "mode=0700";

	if (bytes)
		(void)snprintf(options, sizeof(options), "mode=0700,size=%llu",
			       (unsigned long long)bytes);
	if (mount("tmpfs", MOUNTS_SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return error_system(err, "mounting a tmpfs for writes");
	return 0;
}

static int mount_disk(const struct scratch_machine *machine, struct error *err)
{
	struct mapped device;

	if (scratch_disk_open(machine->sys_fd, machine->uevent_fd, machine->modules,
			      machine->waited_ms, &device, err) < 0 ||
	    scratch_ext4_make(device.path, err) < 0)
		return error_prefix(err, "the scratch disk");
	if (mount(device.path, MOUNTS_SCRATCH, "ext4", MS_NOSUID | MS_NODEV | MS_NOATIME,
		  SCRATCH_EXT4_OPTIONS) < 0 ||
	    chmod(MOUNTS_SCRATCH, 0700) < 0)
		return error_system(err, "mounting the scratch disk");
	return 0;
}

int scratch_mount(const struct cmdline *cmdline, const struct scratch_machine *machine,
		  struct error *err)
{
	if (cmdline->scratch == SCRATCH_NONE)
		return 0;
	if (modules_load(machine->modules, "overlay", err) < 0)
		return -1;
	if (mkdir(MOUNTS_PODSEAL, 0755) < 0 || mkdir(MOUNTS_SCRATCH, 0700) < 0)
		return error_system(err, MOUNTS_SCRATCH);
	return cmdline->scratch == SCRATCH_DISK ? mount_disk(machine, err)
						: mount_tmpfs(cmdline->scratch_bytes, err);
}
