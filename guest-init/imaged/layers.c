// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/layers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

struct path {
	char text[PATH_MAX];
};

PRINTF_LIKE(1, 2) static struct path path_of(const char *format, ...)
{
	struct path path;
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(path.text, sizeof(path.text), format, arguments);
	va_end(arguments);
	return path;
}

static int make_folder(struct path path, struct error *err)
{
	if (mkdir(path.text, 0700) < 0 && errno != EEXIST)
		return error_system(err, "making %s", path.text);
	return 0;
}

/* fts(3) goes into each folder, so no path is too long; a name is relative to where it is then. */
static void delete_below(char *path)
{
	char *paths[] = { path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_XDEV, NULL);
	const FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_level > 0 && entry->fts_info != FTS_D)
			(void)unlinkat(AT_FDCWD, entry->fts_accpath,
				       entry->fts_info == FTS_DP ? AT_REMOVEDIR : 0);
}

/* In a process of its own, as a container may have left a million files. Two of them at the same
 * time do no harm. */
static void empty_trash(const char *scratch)
{
	struct path trash = path_of("%s/trash", scratch);
	sigset_t none;

	if (fork() != 0)
		return;
	(void)close_range(STDERR_FILENO + 1, ~0U, 0); /* other people's connections among them */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	delete_below(trash.text);
	_exit(0);
}

static int mount_scratch(const char *scratch, struct error *err)
{
	if (mount("tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,size=50%") < 0)
		return error_system(err, "mounting a tmpfs on %s", scratch);
	return 0;
}

int layers_prepare(const char *scratch, struct error *err)
{
	struct path parent = path_of("%.*s", (int)(strrchr(scratch, '/') - scratch), scratch);
	struct stat st;

	if (make_folder(parent, err) < 0)
		return -1;
	if (lstat(scratch, &st) < 0 &&
	    (make_folder(path_of("%s", scratch), err) < 0 || mount_scratch(scratch, err) < 0))
		return -1;
	if (make_folder(path_of("%s/containers", scratch), err) < 0 ||
	    make_folder(path_of("%s/trash", scratch), err) < 0)
		return -1;
	empty_trash(scratch);
	return 0;
}

void layers_find(const char *scratch, const char *id, char name[SEALED_NAME_BYTES])
{
	struct path path = path_of("%s/containers/%s/container", scratch, id);
	ssize_t size = readlink(path.text, name, SEALED_NAME_BYTES - 1);

	name[size < 0 ? 0 : size] = '\0';
}

/* To a folder of its own in the trash: the same ID may have been there before. */
static bool move_to_trash(const char *scratch, const char *id)
{
	struct path from = path_of("%s/containers/%s", scratch, id);
	struct path to = path_of("%s/trash/XXXXXX", scratch);

	if (!mkdtemp(to.text))
		return false;
	return rename(from.text, path_of("%s/layers", to.text).text) == 0;
}

void layers_collect(const char *scratch, const char *bundles)
{
	DIR *containers = opendir(path_of("%s/containers", scratch).text);
	const struct dirent *entry;
	bool moved = false;

	while (containers && (entry = readdir(containers)))
		if (entry->d_name[0] != '.' && !bundle_in_use(bundles, entry->d_name))
			moved |= move_to_trash(scratch, entry->d_name);
	if (containers)
		(void)closedir(containers);
	if (moved)
		empty_trash(scratch);
}

void layers_discard(const char *scratch, const char *id)
{
	if (move_to_trash(scratch, id))
		empty_trash(scratch);
}

/* What the overlay shows as its root is the root of the upper folder. */
static int make_upper(struct path path, const char *lower, struct error *err)
{
	struct stat st;

	if (stat(lower, &st) < 0)
		return error_system(err, "%s", lower);
	if (make_folder(path, err) < 0)
		return -1;
	if (chown(path.text, st.st_uid, st.st_gid) < 0 || chmod(path.text, st.st_mode & 07777) < 0)
		return error_system(err, "%s", path.text);
	return 0;
}

int layers_make(const char *scratch, const char *id, const char *name, const char *lower,
		struct error *err)
{
	struct path folder = path_of("%s/containers/%s", scratch, id);

	if (make_folder(folder, err) < 0 ||
	    make_upper(path_of("%s/upper", folder.text), lower, err) < 0 ||
	    make_folder(path_of("%s/work", folder.text), err) < 0)
		return -1;
	if (symlink(name, path_of("%s/container", folder.text).text) < 0)
		return error_system(err, "%s/container", folder.text);
	return 0;
}

static int open_overlay(struct error *err)
{
	int fd = fsopen("overlay", FSOPEN_CLOEXEC);

	if (fd < 0 && errno == ENODEV)
		return error_system_text(err, "the kernel has no overlay file system (with "
					      "podseal.scratch=none the guest does not load it)");
	if (fd < 0)
		return error_system(err, "fsopen of an overlay");
	return fd;
}

static bool set_option(int fd, const char *key, struct path value)
{
	return fsconfig(fd, FSCONFIG_SET_STRING, key, value.text, 0) == 0;
}

/* "volatile": what is written is lost with the machine, so there is nothing to sync. */
int layers_mount(const char *scratch, const char *id, const char *lower, int target_fd,
		 struct error *err)
{
	cleanup_fd int fs = open_overlay(err), mounted = -1;

	if (fs < 0)
		return -1;
	if (!set_option(fs, "source", path_of("podseal")) ||
	    !set_option(fs, "lowerdir", path_of("%s", lower)) ||
	    !set_option(fs, "upperdir", path_of("%s/containers/%s/upper", scratch, id)) ||
	    !set_option(fs, "workdir", path_of("%s/containers/%s/work", scratch, id)) ||
	    fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0)
		return error_system(err, "setting up the overlay over %s", lower);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return error_system(err, "making the overlay over %s", lower);
	mounted = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	if (mounted < 0 || move_mount(mounted, "", target_fd, "",
				      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_system(err, "mounting the overlay over %s", lower);
	return 0;
}
