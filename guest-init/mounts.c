// SPDX-License-Identifier: Apache-2.0
#include "guest-init/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/initrd_free.h"

enum { MOUNT_PATH_BYTES = DESCRIPTOR_PATH_BYTES + 32, OVERLAY_OPTION_BYTES = 256 };

static const struct kernel_mount {
	const char *type, *path;
	unsigned long flags;
	const char *options;
} kernel_mounts[] = {
	{ "devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755" },
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755" },
};

enum { KERNEL_MOUNTS = sizeof(kernel_mounts) / sizeof(kernel_mounts[0]) };

static int make_folder(const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_system(err, "%s", path);
	return 0;
}

int mounts_kernel(struct error *err)
{
	for (size_t i = 0; i < KERNEL_MOUNTS; i++) {
		const struct kernel_mount *m = &kernel_mounts[i];
		if (make_folder(m->path, err) < 0)
			return -1;
		/* EBUSY: the kernel has mounted /dev itself (CONFIG_DEVTMPFS_MOUNT) */
		if (mount(m->type, m->path, m->type, m->flags, m->options) < 0 && errno != EBUSY)
			return error_system(err, "mounting %s", m->path);
	}
	return 0;
}

void mounts_optional(const char *type, const char *path)
{
	(void)mount(type, path, type, MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static int mount_ext4(const char *device, const char *path, unsigned long flags, struct error *err)
{
	if (mount(device, path, DESCRIPTOR_FS, MS_RDONLY | flags, NULL) == 0)
		return 0;
	if (errno == EINVAL || errno == EIO || errno == EUCLEAN || errno == EBADMSG)
		return error_mismatch(err, "%s holds no sound %s: %s", device, DESCRIPTOR_FS,
				      strerror(errno));
	return error_system(err, "mounting %s", device);
}

/* What is written is lost with the machine, so there is nothing to sync: "volatile". */
static int mount_overlay(const struct descriptor_volume *volume, const char *lower,
			 const char *target, unsigned long flags, struct error *err)
{
	char upper[64], work[64], options[OVERLAY_OPTION_BYTES];

	(void)snprintf(upper, sizeof(upper), MOUNTS_SCRATCH "/%s", volume->name);
	if (make_folder(upper, err) < 0)
		return -1;
	(void)snprintf(upper, sizeof(upper), MOUNTS_SCRATCH "/%s/upper", volume->name);
	(void)snprintf(work, sizeof(work), MOUNTS_SCRATCH "/%s/work", volume->name);
	if (make_folder(upper, err) < 0 || make_folder(work, err) < 0)
		return -1;
	(void)snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s,volatile",
		       lower, upper, work);
	if (mount("overlay", target, "overlay", flags, options) < 0)
		return error_system(err, "mounting the overlay over volume %s", volume->name);
	/* the overlay has mounts of its own of what is below it */
	if (umount2(lower, MNT_DETACH) < 0)
		return error_system(err, "detaching %s", lower);
	return 0;
}

/* The first volume is on "/", and the others' mount points must be folders, not links that lead
 * elsewhere; the volume that holds them was verified, so that is the builder's word. */
static int find_target(const struct descriptor_volume *volume, char *path, size_t path_bytes,
		       struct error *err)
{
	struct stat st;

	(void)snprintf(path, path_bytes, MOUNTS_SYSROOT "%s",
		       strcmp(volume->mount, "/") == 0 ? "" : volume->mount);
	if (lstat(path, &st) < 0)
		return error_system(err, "the mount point %s", volume->mount);
	if (!S_ISDIR(st.st_mode))
		return error_input(err, "the mount point %s is not a directory", volume->mount);
	return 0;
}

int mounts_volume(const struct descriptor_volume *volume, const char *device, bool writable,
		  struct error *err)
{
	unsigned long flags = strcmp(volume->mount, "/") == 0 ? 0 : MS_NODEV;
	char target[MOUNT_PATH_BYTES], lower[64];

	(void)snprintf(lower, sizeof(lower), "/volumes/%s", volume->name);
	if (make_folder(MOUNTS_SYSROOT, err) < 0 ||
	    find_target(volume, target, sizeof(target), err) < 0)
		return -1;
	if (!writable)
		return mount_ext4(device, target, flags, err);
	if (make_folder("/volumes", err) < 0 || make_folder(lower, err) < 0 ||
	    mount_ext4(device, lower, flags, err) < 0)
		return -1;
	return mount_overlay(volume, lower, target, flags, err);
}

/* A mount point in the image: an overlay takes a new one, a read-only volume has to have it. No
 * link is followed, which would lead back into the initrd. */
static int have_folder(const char *path, const char *in_image, struct error *err)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno == EROFS && lstat(path, &st) < 0)
		return error_input(err,
				   "the image has no folder %s, and with podseal.scratch=none none "
				   "can be made: add one to the base image",
				   in_image);
	if (errno != EEXIST && errno != EROFS)
		return error_system(err, "making the folder %s in the image", in_image);
	if (lstat(path, &st) < 0)
		return error_system(err, "%s", in_image);
	if (!S_ISDIR(st.st_mode))
		return error_input(err, "%s of the image is not a folder", in_image);
	return 0;
}

static int move_kernel_mounts(struct error *err)
{
	char path[64];

	for (size_t i = 0; i < KERNEL_MOUNTS; i++) {
		const char *from = kernel_mounts[i].path;
		(void)snprintf(path, sizeof(path), MOUNTS_SYSROOT "%s", from);
		if (have_folder(path, from, err) < 0)
			return -1;
		if (mount(from, path, NULL, MS_MOVE, NULL) < 0)
			return error_system(err, "moving %s into the image", from);
	}
	return 0;
}

int mounts_switch_root(struct error *err)
{
	if (move_kernel_mounts(err) < 0 || initrd_free("/", err) < 0)
		return -1;
	if (chdir(MOUNTS_SYSROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
	    chroot(".") < 0 || chdir("/") < 0)
		return error_system(err, "changing to the new root");
	return 0;
}
