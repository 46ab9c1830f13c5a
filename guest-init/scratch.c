// SPDX-License-Identifier: Apache-2.0
#include "guest-init/scratch.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "guest-init/mounts.h"

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

int scratch_mount(const struct cmdline *cmdline, struct modules *modules, struct error *err)
{
	if (cmdline->scratch == SCRATCH_NONE)
		return 0;
	if (modules_load(modules, "overlay", err) < 0)
		return -1;
	if (mkdir(MOUNTS_PODSEAL, 0755) < 0 || mkdir(MOUNTS_SCRATCH, 0700) < 0)
		return error_system(err, MOUNTS_SCRATCH);
	return mount_tmpfs(cmdline->scratch_bytes, err);
}
