// SPDX-License-Identifier: Apache-2.0
#include "builder/source/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/source/archive_index.h"
#include "common/io.h"

struct blobs {
	int fd;                      /* the directory or the archive */
	struct archive_index *index; /* NULL for a directory */
};

static int open_error(const char *path, struct error *err)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return error_input(err, "%s: not there", path);
	case ELOOP:
		return error_input(err, "%s: is a symbolic link", path);
	default:
		return error_system(err, "%s", path);
	}
}

int blob_open_file(int dirfd, const char *path, struct blob *blob, struct error *err)
{
	struct stat st;
	/* O_NONBLOCK: a fifo planted there must not hang us */
	cleanup_fd int fd =
		openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return open_error(path, err);
	if (fstat(fd, &st) < 0)
		return error_system(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_input(err, "%s: not a regular file", path);
	*blob = (struct blob){ .fd = take_fd(&fd), .size_bytes = (uint64_t)st.st_size };
	return 0;
}

int blobs_open_directory(const char *path, struct blobs **blobs, struct error *err)
{
	cleanup_blobs struct blobs *b = calloc(1, sizeof(*b));

	if (!b)
		return error_memory(err);
	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (b->fd < 0 && errno == ENOENT)
		return error_input(err, "no such directory");
	if (b->fd < 0 && errno == ENOTDIR)
		return error_input(err, "not a directory; is it an archive (oci-archive:)?");
	if (b->fd < 0)
		return error_system(err, "opening it");
	*blobs = take_ptr(b);
	return 0;
}

int blobs_open_archive(const char *path, struct blobs **blobs, struct error *err)
{
	cleanup_blobs struct blobs *b = calloc(1, sizeof(*b));
	struct stat st;

	if (!b)
		return error_memory(err);
	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (b->fd < 0 && errno == ENOENT)
		return error_input(err, "no such file");
	if (b->fd < 0 || fstat(b->fd, &st) < 0)
		return error_system(err, "opening it");
	if (!S_ISREG(st.st_mode))
		return error_input(err, "not a regular file");
	if (archive_index_read(b->fd, &b->index, err) < 0)
		return -1;
	*blobs = take_ptr(b);
	return 0;
}

void blobs_free(struct blobs *blobs)
{
	if (!blobs)
		return;
	cleanup_fd_p(&blobs->fd);
	archive_index_free(blobs->index);
	free(blobs);
}

int blobs_open(const struct blobs *blobs, const char *name, struct blob *blob, struct error *err)
{
	struct blob found = { .fd = -1 };

	if (!blobs->index)
		return blob_open_file(blobs->fd, name, blob, err);
	if (archive_index_find(blobs->index, name, &found.offset, &found.size_bytes, err) < 0)
		return -1;
	found.fd = fcntl(blobs->fd, F_DUPFD_CLOEXEC, 0);
	if (found.fd < 0)
		return error_system(err, "%s", name);
	*blob = found;
	return 0;
}

int blobs_read(const struct blobs *blobs, const char *name, size_t limit, uint8_t **bytes,
	       size_t *size, struct error *err)
{
	cleanup_blob struct blob blob = { .fd = -1 };

	if (blobs_open(blobs, name, &blob, err) < 0)
		return -1;
	if (blob.size_bytes > limit)
		return error_input(err, "%s: %llu bytes, at most %zu", name,
				   (unsigned long long)blob.size_bytes, limit);
	cleanup_free uint8_t *buf = malloc((size_t)blob.size_bytes + 1);
	if (!buf)
		return error_memory(err);
	if (pread_exact(blob.fd, buf, (size_t)blob.size_bytes, blob.offset, err) < 0)
		return error_prefix(err, "%s", name);
	buf[blob.size_bytes] = 0;
	*bytes = take_ptr(buf);
	*size = (size_t)blob.size_bytes;
	return 0;
}
