// SPDX-License-Identifier: Apache-2.0
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

int pread_exact(int fd, void *buf, size_t size, uint64_t offset, struct error *err)
{
	uint8_t *p = buf;

	if (offset > INT64_MAX || size > INT64_MAX - offset)
		return error_input(err, "offset %llu is past any file", (unsigned long long)offset);
	while (size) {
		ssize_t n = pread(fd, p, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(err, "reading");
		if (n == 0)
			return error_input(err, "ends %zu bytes too early, at byte %llu", size,
					   (unsigned long long)offset);
		p += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

ssize_t read_upto(int fd, void *buf, size_t size, struct error *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (uint8_t *)buf + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(err, "reading");
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int pwrite_all(int fd, const void *buf, size_t size, uint64_t offset, struct error *err)
{
	const uint8_t *p = buf;

	if (offset > INT64_MAX || size > INT64_MAX - offset)
		return error_input(err, "offset %llu is past any file", (unsigned long long)offset);
	while (size) {
		ssize_t n = pwrite(fd, p, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(err, "writing");
		p += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int write_all(int fd, const void *buf, size_t size, struct error *err)
{
	const uint8_t *p = buf;

	while (size) {
		ssize_t n = write(fd, p, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_system(err, "writing");
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Without a size asked for beforehand: a pipe or a file in /proc has none. */
static int read_all(int fd, size_t limit, uint8_t **bytes, size_t *size, struct error *err)
{
	cleanup_free uint8_t *buf = NULL;
	size_t capacity = 4096, used = 0;

	for (;;) {
		uint8_t *grown = realloc(buf, capacity + 1);
		if (!grown)
			return error_memory(err);
		buf = grown;
		ssize_t n = read_upto(fd, buf + used, capacity - used, err);
		if (n < 0)
			return -1;
		used += (size_t)n;
		if (used > limit)
			return error_input(err, "longer than %zu bytes", limit);
		if (used < capacity)
			break;
		capacity *= 2;
	}
	buf[used] = 0;
	*bytes = take_ptr(buf);
	*size = used;
	return 0;
}

int file_read_at(int dirfd, const char *path, size_t limit, uint8_t **bytes, size_t *size,
		 struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? error_input(err, "%s: %s", path, strerror(errno))
			       : error_system(err, "%s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return error_input(err, "%s: is a directory", path);
	if (read_all(fd, limit, bytes, size, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

int file_read(const char *path, size_t limit, uint8_t **bytes, size_t *size, struct error *err)
{
	return file_read_at(AT_FDCWD, path, limit, bytes, size, err);
}

int file_size(int fd, uint64_t *size, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_system(err, "reading its size");
	if (S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return 0;
	}
	if (S_ISBLK(st.st_mode)) {
		uint64_t bytes;
		if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
			return error_system(err, "reading its size");
		*size = bytes;
		return 0;
	}
	return error_input(err, "neither a regular file nor a block device");
}

bool is_zero(const void *bytes, size_t size)
{
	const uint8_t *p = bytes;

	return size == 0 || (p[0] == 0 && memcmp(p, p + 1, size - 1) == 0);
}
