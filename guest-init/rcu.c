// SPDX-License-Identifier: Apache-2.0
#include "guest-init/rcu.h"

#include <fcntl.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "guest-init/sysfs.h"

#define SETTING "kernel/rcu_expedited"

static bool set(int sys_fd, const char *value)
{
	cleanup_fd int fd = openat(sys_fd, SETTING, O_WRONLY | O_CLOEXEC);
	struct error err;

	return fd >= 0 && write_all(fd, value, 1, &err) == 0;
}

bool rcu_hurry(int sys_fd)
{
	uint64_t now;

	return sysfs_read_u64(sys_fd, SETTING, &now) && now == 0 && set(sys_fd, "1");
}

void rcu_as_before(int sys_fd, bool changed)
{
	if (changed)
		(void)set(sys_fd, "0");
}
