// SPDX-License-Identifier: Apache-2.0
#include "laboratory/laboratory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>

#include "attest/id_block.h"
#include "common/io.h"
#include "laboratory/server.h"

#define NEXT "/init"

enum { KEY_MAX_BYTES = 1 << 16 };

/* The kernel's log where the console comes with a driver that podseal-init loads: virtio's hvc0. */
static int open_console(struct error *err)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fd = open("/dev/kmsg", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return error_system(err, "/dev/console");
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fd != i && dup2(fd, i) < 0)
			return error_system(err, "/dev/console");
	if (fd > STDERR_FILENO)
		(void)close(fd);
	else
		(void)fcntl(fd, F_SETFD, 0);
	return 0;
}

/* 0.ko, 1.ko, ... as far as there are any: what the kernel has built in is not among them. */
static int load_modules(struct error *err)
{
	char path[sizeof(LABORATORY_MODULES) + 16];

	for (unsigned i = 0;; i++) {
		(void)snprintf(path, sizeof(path), LABORATORY_MODULES "/%u.ko", i);
		cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOENT ? 0 : error_system(err, "%s", path);
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			return error_system(err, "loading %s", path);
	}
}

/* `device` lives as long as the process. */
static int read_device(struct device *device, struct error *err)
{
	cleanup_free uint8_t *report = NULL, *key = NULL;
	size_t report_size, key_size;

	if (file_read(LABORATORY_REPORT, SNP_REPORT_BYTES, &report, &report_size, err) < 0)
		return -1;
	if (report_size != SNP_REPORT_BYTES)
		return error_input(err, LABORATORY_REPORT ": %zu bytes, not %d", report_size,
				   SNP_REPORT_BYTES);
	memcpy(device->report, report, SNP_REPORT_BYTES);
	if (file_read(LABORATORY_KEY, KEY_MAX_BYTES, &key, &key_size, err) < 0 ||
	    file_read(LABORATORY_CERTIFICATES, DEVICE_CERTIFICATES_MAX_BYTES, &device->certificates,
		      &device->certificates_size, err) < 0)
		return -1;
	if (id_key_parse(key, key_size, &device->key, err) < 0)
		return error_prefix(err, LABORATORY_KEY);
	return 0;
}

static _Noreturn void serve(int ready_fd)
{
	struct device device = { .key = NULL };
	struct error err;

	if (read_device(&device, &err) == 0)
		(void)!server_run(&device, ready_fd, &err);
	_exit(error_report("podseal-laboratory", &err));
}

/* Returns when the device is there. */
static int start_device(struct error *err)
{
	int ready[2];
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		return error_system(err, "pipe");
	pid_t child = fork();
	if (child == 0)
		serve(ready[1]);
	(void)close(ready[1]);
	cleanup_fd int fd = ready[0];
	if (child < 0)
		return error_system(err, "fork");
	if (read_upto(fd, &byte, 1, err) != 1)
		return error_system_text(err, "its server made no /dev/sev-guest");
	return 0;
}

static int prepare(struct error *err)
{
	if (mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") < 0 &&
	    errno != EBUSY)
		return error_system(err, "mounting /dev");
	if (open_console(err) < 0 || load_modules(err) < 0 || start_device(err) < 0)
		return -1;
	/* the server holds /dev/cuse open; podseal-init mounts /dev itself, over nothing */
	if (umount2("/dev", MNT_DETACH) < 0)
		return error_system(err, "unmounting /dev");
	return 0;
}

int main(int argc, char **argv, char **environment)
{
	static char next[] = NEXT;
	struct error err;

	(void)argc;
	if (getpid() != 1) {
		(void)error_usage(&err, "this is the first process of a test guest and nothing "
					"else");
		return error_report("podseal-laboratory", &err);
	}
	if (prepare(&err) == 0) {
		argv[0] = next;
		(void)execve(next, argv, environment);
		(void)error_system(&err, "starting " NEXT);
	}
	(void)error_prefix(&err, "making the laboratory's stand-in for an SNP device");
	int code = error_report("podseal-laboratory", &err);
	(void)tcdrain(STDERR_FILENO);
	(void)reboot(RB_POWER_OFF);
	return code;
}
