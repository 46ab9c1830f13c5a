// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/io.h"
#include "guest-init/imaged/imaged.h"

enum { CONFIG_MAX_BYTES = 4 << 20, FOLDER_MODE = 0755 };

/* kata-agent's verify_id(). */
static bool id_valid(const char *id)
{
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t size = strlen(id);

	if (size < 2 || size >= BUNDLE_ID_BYTES || !strchr(first, id[0]))
		return false;
	for (const char *c = id; *c; c++)
		if (!strchr(first, *c) && !strchr("_.-", *c))
			return false;
	return true;
}

int bundle_path_parse(const char *path, char id[BUNDLE_ID_BYTES], struct error *err)
{
	static const char parent[] = IMAGED_BUNDLES "/";
	const char *name = path + sizeof(parent) - 1;

	if (strncmp(path, parent, sizeof(parent) - 1) != 0 || !id_valid(name))
		return error_input(err,
				   "bundle_path \"%s\" is not " IMAGED_BUNDLES
				   "/ and the ID of a container",
				   path);
	memcpy(id, name, strlen(name) + 1);
	return 0;
}

static int open_folder(int dirfd, const char *path, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | (dirfd == AT_FDCWD ? 0 : RESOLVE_BENEATH),
	};

	return (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

static int make_and_open(int dirfd, const char *name, uint64_t flags, int *fd, struct error *err)
{
	if (mkdirat(dirfd, name, FOLDER_MODE) < 0 && errno != EEXIST)
		return error_system(err, "making %s", name);
	*fd = open_folder(dirfd, name, flags);
	if (*fd >= 0)
		return 0;
	if (errno == ELOOP || errno == ENOTDIR || errno == EXDEV)
		return error_input(err, "%s is not a folder, or a link to one", name);
	return error_system(err, "opening %s", name);
}

static int is_mount_root(int fd, bool *result)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) < 0)
		return -1;
	*result = (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
	return 0;
}

int bundle_open(const char *base, const char *id, struct bundle *bundle, struct error *err)
{
	cleanup_bundle struct bundle result = { .fd = -1, .rootfs_fd = -1 };
	cleanup_fd int base_fd = open_folder(AT_FDCWD, base, O_PATH);

	if (base_fd < 0)
		return error_system(err, "opening %s, which kata-agent makes", base);
	if (make_and_open(base_fd, id, O_RDONLY, &result.fd, err) < 0 ||
	    make_and_open(result.fd, "rootfs", O_PATH, &result.rootfs_fd, err) < 0)
		return error_prefix(err, "%s/%s", base, id);
	if (is_mount_root(result.rootfs_fd, &result.mounted) < 0)
		return error_system(err, "%s/%s/rootfs", base, id);
	bundle->fd = take_fd(&result.fd);
	bundle->rootfs_fd = take_fd(&result.rootfs_fd);
	bundle->mounted = result.mounted;
	return 0;
}

void bundle_close(struct bundle *bundle)
{
	cleanup_fd_p(&bundle->fd);
	cleanup_fd_p(&bundle->rootfs_fd);
	bundle->fd = bundle->rootfs_fd = -1;
}

bool bundle_in_use(const char *base, const char *id)
{
	cleanup_fd int base_fd = open_folder(AT_FDCWD, base, O_PATH);
	cleanup_fd int fd = base_fd < 0 ? -1 : open_folder(base_fd, id, O_PATH);
	cleanup_fd int rootfs_fd = fd < 0 ? -1 : open_folder(fd, "rootfs", O_PATH);
	bool mounted;

	/* what cannot be told is taken for in use */
	if (rootfs_fd < 0)
		return errno != ENOENT;
	return is_mount_root(rootfs_fd, &mounted) < 0 || mounted;
}

int bundle_put_config(const struct bundle *bundle, const char *from, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (file_read(from, CONFIG_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (unlinkat(bundle->fd, "config.json", 0) < 0 && errno != ENOENT)
		return error_system(err, "replacing config.json");
	cleanup_fd int fd =
		openat(bundle->fd, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_system(err, "making config.json");
	if (write_all(fd, bytes, size, err) < 0)
		return error_prefix(err, "config.json");
	return 0;
}
