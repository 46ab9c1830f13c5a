// SPDX-License-Identifier: Apache-2.0
/* rootfs: references: one layer, without digests. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/source/backend.h"

int image_open_rootfs(struct source_image *image, const struct reference *reference,
		      struct error *err)
{
	struct source_backend *backend = image->backend;
	struct stat st;

	backend->rootfs_fd = open(reference->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (backend->rootfs_fd < 0 && errno == ENOENT)
		return error_input(err, "no such file or directory");
	if (backend->rootfs_fd < 0 || fstat(backend->rootfs_fd, &st) < 0)
		return error_system(err, "opening it");
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_input(err, "neither a directory nor a regular file");
	/* tar takes an empty file for an empty archive; here it is a download that failed */
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return error_input(err, "an empty file, not a tar archive");
	if (image_set_layer_count(image, 1, err) < 0)
		return -1;
	backend->rootfs_is_directory = S_ISDIR(st.st_mode);
	image->layers[0].size_bytes = (uint64_t)st.st_size;
	if (!backend->rootfs_is_directory)
		return 0;
	return rootfs_size(backend->rootfs_fd, &image->layers[0].size_bytes, err);
}
