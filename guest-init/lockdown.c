// SPDX-License-Identifier: Apache-2.0
#include "guest-init/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "guest-init/sysfs.h"

/* Shuts one door below an open /proc. A kernel that was told otherwise by a parameter of its own
 * (sysrq_always_enabled) takes the value and goes on as before, so what it then says is what
 * counts.
 */
static int shut(int proc_fd, const char *path, const char *value, struct error *err)
{
	char now[32];
	cleanup_fd int fd = openat(proc_fd, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_system(err, "/proc/%s", path);
	if (write_all(fd, value, strlen(value), err) < 0)
		return error_prefix(err, "/proc/%s", path);
	if (!sysfs_read(proc_fd, path, now, sizeof(now)) || strcmp(now, value) != 0)
		return error_input(err, "/proc/%s stays %s, and not %s", path, now, value);
	return 0;
}

int lockdown_sysrq(int proc_fd, struct error *err)
{
	return shut(proc_fd, "sys/kernel/sysrq", "0", err);
}

int lockdown(int proc_fd, struct error *err)
{
	if (shut(proc_fd, "sys/kernel/kexec_load_disabled", "1", err) < 0)
		return -1;
	return shut(proc_fd, "sys/kernel/modules_disabled", "1", err);
}
