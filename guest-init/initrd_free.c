// SPDX-License-Identifier: Apache-2.0
#include "guest-init/initrd_free.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "common/cleanup.h"
#include "guest-init/sysfs.h"

enum { DEPTH_MAX = 64 }; /* of folders in an initrd */

static int empty_folder(int at, const char *name, dev_t device, int depth, struct error *err);

static int remove_folder(int at, const char *name, dev_t device, int depth, struct error *err)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_system(err, "%s", name);
	if (st.st_dev != device)
		return 0;
	if (empty_folder(at, name, device, depth, err) < 0)
		return -1;
	/* a folder with a mount point left in it stays */
	if (unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != EBUSY)
		return error_system(err, "removing %s", name);
	return 0;
}

/* What is no folder goes at once, unless it is a mount point. */
static int remove_entry(int folder, const char *name, dev_t device, int depth, struct error *err)
{
	if (unlinkat(folder, name, 0) == 0 || errno == EBUSY)
		return 0;
	if (errno != EISDIR)
		return error_system(err, "removing %s", name);
	return remove_folder(folder, name, device, depth + 1, err);
}

static int empty_folder(int at, const char *name, dev_t device, int depth, struct error *err)
{
	CLEANUP(sysfs_closedir) DIR *folder = sysfs_opendir(at, name);

	if (!folder)
		return error_system(err, "%s", name);
	if (depth > DEPTH_MAX)
		return error_input(err, "%s: folders more than %d deep", name, DEPTH_MAX);
	for (const struct dirent *d; (d = readdir(folder));)
		if (!(d->d_name[0] == '.' &&
		      (d->d_name[1] == '\0' || (d->d_name[1] == '.' && d->d_name[2] == '\0'))) &&
		    remove_entry(dirfd(folder), d->d_name, device, depth, err) < 0)
			return -1;
	return 0;
}

int initrd_free(const char *root, struct error *err)
{
	struct statfs fs;
	struct stat st;

	if (statfs(root, &fs) < 0 || stat(root, &st) < 0)
		return error_system(err, "%s", root);
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC)
		return error_input(err, "%s is not in memory: podseal-init has to be an initrd's",
				   root);
	if (empty_folder(AT_FDCWD, root, st.st_dev, 0, err) < 0)
		return error_prefix(err, "emptying the initrd");
	return 0;
}
