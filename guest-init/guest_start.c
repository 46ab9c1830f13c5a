// SPDX-License-Identifier: Apache-2.0
#include "guest-init/guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "common/io.h"
#include "guest-init/console.h"
#include "guest-init/lockdown.h"
#include "guest-init/mounts.h"
#include "guest-init/rcu.h"
#include "guest-init/uevent.h"

#define TRUST_FOLDER "/etc/podseal/trust"
#define CA_FOLDER    "/etc/podseal/ca"

static int open_folder(const char *path, int *fd, struct error *err)
{
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd < 0 ? error_system(err, "%s", path) : 0;
}

int guest_mount_kernel(struct guest *guest, struct error *err)
{
	if (mounts_kernel(err) < 0 || console_open(err) < 0 ||
	    open_folder("/proc", &guest->proc_fd, err) < 0 ||
	    open_folder("/sys", &guest->sys_fd, err) < 0)
		return -1;
	guest->rcu_changed = rcu_hurry(guest->sys_fd);
	return lockdown_sysrq(guest->proc_fd, err);
}

int guest_read_cmdline(struct guest *guest, struct error *err)
{
	cleanup_free uint8_t *text = NULL;
	size_t size;

	if (file_read("/proc/cmdline", CMDLINE_MAX_BYTES, &text, &size, err) < 0)
		return -1;
	return cmdline_parse(text, size, &guest->cmdline, err);
}

int guest_load_drivers(struct guest *guest, struct error *err)
{
	char folder[sizeof(struct utsname)];
	struct utsname uts;

	if (uname(&uts) < 0)
		return error_system(err, "uname");
	(void)snprintf(folder, sizeof(folder), "/lib/modules/%s", uts.release);
	if (certificates_read(TRUST_FOLDER, &guest->trust, err) < 0 ||
	    certificates_read(CA_FOLDER, &guest->ca, err) < 0 ||
	    uevent_open(&guest->uevent_fd, err) < 0 ||
	    modules_open(folder, &guest->modules, err) < 0)
		return -1;
	return modules_coldplug(guest->modules, guest->sys_fd, guest->uevent_fd, err);
}
