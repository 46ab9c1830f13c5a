// SPDX-License-Identifier: Apache-2.0
#include "guest-init/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/io.h"

int lockdown(int proc_fd, struct error *err)
{
	static const struct setting {
		const char *path, *value;
	} settings[] = {
		{ "sys/kernel/kexec_load_disabled", "1" },
		{ "sys/kernel/modules_disabled", "1" },
		{ "sys/kernel/sysrq", "0" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *s = &settings[i];
		cleanup_fd int fd = openat(proc_fd, s->path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0)
			return error_system(err, "/proc/%s", s->path);
		if (write_all(fd, s->value, strlen(s->value), err) < 0)
			return error_prefix(err, "/proc/%s", s->path);
	}
	return 0;
}
