// SPDX-License-Identifier: Apache-2.0
/* podseal-no-disks PROGRAM [ARGUMENT...]: becomes a program whose /dev has the devices named below
 * and no others, whatever the host plugs in. kata-agent is started with it; no-disks.conf says why.
 *
 * Not by systemd's options for a mount namespace: those that move a copy of the whole tree over "/"
 * (version 252 does) leave the original hidden beneath, with a second copy of all that
 * podseal-imaged mounts. kata-agent could never remove the folder of a container then, as something
 * is mounted on it in its own namespace still: EBUSY.
 *
 * Here the namespace has the tree once. What is mounted outside later arrives in it, what the
 * program mounts stays inside. Static, so that it runs in any base distro. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	bool required;
} kept[] = {
	{ "null", true },    { "zero", true },   { "full", true },     { "random", true },
	{ "urandom", true }, { "tty", true },    { "pts", true },      { "ptmx", true },
	{ "shm", true },     { "vsock", false }, { "console", false }, { "kmsg", false },
	{ "hvc0", false },   { "hvc1", false },  { "mqueue", false },  { "hugepages", false },
};
enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

_Noreturn __attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	const char *why = strerror(errno);
	va_list arguments;

	va_start(arguments, format);
	(void)fputs("podseal-no-disks: ", stderr);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
	(void)fprintf(stderr, ": %s\n", why);
	exit(4);
}

/* A copy of what is at /dev/NAME with all that is mounted on it, not mounted anywhere; -1: it is
 * not there. Taken before the new /dev hides it. */
static int copy_device(size_t i)
{
	int dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = open_tree(dev, kept[i].name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (fd < 0 && (errno != ENOENT || kept[i].required))
		fail("/dev/%s", kept[i].name);
	(void)close(dev);
	return fd;
}

static void mount_device(int fd, const char *name)
{
	char path[32] = "/dev/";
	struct stat st;

	(void)strncat(path, name, sizeof(path) - sizeof("/dev/"));
	if (fstat(fd, &st) < 0)
		fail("%s", path);
	if (S_ISDIR(st.st_mode) ? mkdir(path, 0755) < 0 : mknod(path, S_IFREG | 0644, 0) < 0)
		fail("making %s", path);
	if (move_mount(fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		fail("mounting %s", path);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	int devices[KEPT];

	if (argc < 2) {
		(void)fputs("podseal-no-disks: usage: podseal-no-disks PROGRAM [ARGUMENT...]\n",
			    stderr);
		return 2;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		fail("making a mount namespace");
	for (size_t i = 0; i < KEPT; i++)
		devices[i] = copy_device(i);
	if (mount("no-disks", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=64k") < 0)
		fail("mounting a tmpfs on /dev");
	for (size_t i = 0; i < KEPT; i++)
		if (devices[i] >= 0)
			mount_device(devices[i], kept[i].name);
	(void)execv(argv[1], argv + 1);
	fail("starting %s", argv[1]);
}
