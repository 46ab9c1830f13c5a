// SPDX-License-Identifier: Apache-2.0
/* A directory read as a layer: parents before children, names sorted by bytes, so that the order
 * depends on nothing but the names. Sockets are left out, as tar does. */
#include "builder/source/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "builder/source/backend.h"
#include "common/io.h"

enum {
	DEPTH = 256, /* each level holds a descriptor, of which a process has 1,024 */
	CONTENT_BYTES = 256 << 10,
};

struct walk {
	const struct layer_visitor *visitor; /* NULL: only add up sizes */
	_Atomic uint64_t *bytes_read;
	struct link_table *links;
	uint8_t *buffer;
	uint64_t size_bytes;
	char path[PATH_MAX];
	size_t path_size;
};

static int send_data(struct walk *walk, int fd, uint64_t begin, uint64_t end, struct error *err)
{
	while (begin < end) {
		size_t size = end - begin < CONTENT_BYTES ? (size_t)(end - begin) : CONTENT_BYTES;
		if (pread_exact(fd, walk->buffer, size, begin, err) < 0 ||
		    walk->visitor->data(walk->visitor->context, begin, walk->buffer, size, err) < 0)
			return -1;
		begin += size;
		if (walk->bytes_read)
			atomic_fetch_add_explicit(walk->bytes_read, size, memory_order_relaxed);
	}
	return 0;
}

static int send_content(struct walk *walk, int fd, uint64_t size, struct error *err)
{
	off_t at = 0;

	while ((uint64_t)at < size) {
		off_t begin = lseek(fd, at, SEEK_DATA);
		if (begin < 0 && errno == ENXIO)
			break; /* nothing but a hole is left */
		off_t end = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
		if (begin < 0 || end < 0)
			return error_system(err, "finding its holes");
		if ((uint64_t)begin >= size)
			break;
		if ((uint64_t)end > size) /* it grew since fstat */
			end = (off_t)size;
		if (send_data(walk, fd, (uint64_t)begin, (uint64_t)end, err) < 0)
			return -1;
		at = end;
	}
	return walk->visitor->end(walk->visitor->context, err);
}

static int read_symlink(int fd, const struct stat *st, char target[PATH_MAX], struct error *err)
{
	ssize_t size = S_ISLNK(st->st_mode) ? readlinkat(fd, "", target, PATH_MAX) : 0;

	if (size < 0)
		return error_system(err, "reading the link");
	if (size == PATH_MAX)
		return error_input(err, "its target is too long");
	target[size] = '\0';
	return 0;
}

static void describe(const struct walk *walk, const struct stat *st, const char *target,
		     struct layer_entry *entry)
{
	*entry = (struct layer_entry){
		.path = walk->path_size ? walk->path : ".",
		.symlink = S_ISLNK(st->st_mode) ? target : NULL,
		.mode = st->st_mode,
		.uid = st->st_uid,
		.gid = st->st_gid,
		.mtime_sec = st->st_mtim.tv_sec,
		.mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
		.size = S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0,
	};
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		entry->major = major(st->st_rdev);
		entry->minor = minor(st->st_rdev);
	}
}

/* Gives the visitor the file open as `fd`; for anything but regular files and directories that is
 * an O_PATH descriptor. */
static int visit(struct walk *walk, int fd, const struct stat *st, struct error *err)
{
	CLEANUP(file_xattrs_free) struct file_xattrs xattrs = { 0 };
	char target[PATH_MAX];
	struct layer_entry entry;
	bool want_data = false;

	if (read_symlink(fd, st, target, err) < 0)
		return -1;
	describe(walk, st, target, &entry);
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1 &&
	    link_table_meet(walk->links, st, entry.path, &entry.hardlink, err) < 0)
		return -1;
	if (entry.hardlink) {
		entry.mode = S_IFREG | (entry.mode & 07777);
		entry.symlink = NULL;
		entry.size = 0;
	} else {
		if (file_xattrs_read(fd, !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode), &xattrs,
				     err) < 0)
			return -1;
		entry.xattrs = xattrs.list;
		entry.xattr_count = xattrs.count;
	}
	if (walk->visitor->entry(walk->visitor->context, &entry, &want_data, err) < 0)
		return -1;
	if (!want_data || !S_ISREG(entry.mode) || entry.hardlink)
		return 0;
	return send_content(walk, fd, entry.size, err);
}

static int walk_directory(struct walk *walk, int fd, int depth, struct error *err);

/* Where the type cannot be known before opening, O_PATH looks first and opens nothing: a device or
 * a fifo must not be touched. */
static int walk_name(struct walk *walk, int dirfd, const char *name, int depth, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_system(err, "opening it");
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (S_ISREG(st.st_mode))
		walk->size_bytes += (uint64_t)st.st_size;
	if (!walk->visitor && !S_ISDIR(st.st_mode))
		return 0;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return visit(walk, fd, &st, err);
	cleanup_fd int opened =
		openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (opened < 0 || fstat(opened, &st) < 0)
		return error_system(err, "opening it");
	if (S_ISDIR(st.st_mode))
		return walk_directory(walk, opened, depth + 1, err);
	return S_ISREG(st.st_mode) ? visit(walk, opened, &st, err)
				   : error_input(err, "changed while it was read");
}

static int walk_directory(struct walk *walk, int fd, int depth, struct error *err)
{
	CLEANUP(directory_names_free) struct directory_names names = { 0 };
	size_t parent_size = walk->path_size;
	struct stat st;

	if (depth > DEPTH)
		return error_input(err, "directories nest deeper than %d", DEPTH);
	if (fstat(fd, &st) < 0)
		return error_system(err, "opening it");
	if (walk->visitor && visit(walk, fd, &st, err) < 0)
		return -1;
	if (directory_names_read(fd, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		size_t size = strlen(names.names[i]);
		if (parent_size + 1 + size >= sizeof(walk->path))
			return error_input(err, "a path is longer than %d bytes", PATH_MAX - 1);
		if (parent_size)
			walk->path[parent_size] = '/';
		size_t at = parent_size + (parent_size != 0);
		memcpy(walk->path + at, names.names[i], size + 1);
		walk->path_size = at + size;
		if (walk_name(walk, fd, names.names[i], depth, err) < 0)
			return -1; /* walk->path says where */
	}
	walk->path_size = parent_size;
	walk->path[parent_size] = '\0';
	return 0;
}

static int walk_all(struct walk *walk, int fd, struct error *err)
{
	if (walk_directory(walk, fd, 0, err) < 0)
		return walk->path_size ? error_prefix(err, "%.200s", walk->path) : -1;
	return 0;
}

int rootfs_read(int fd, const struct layer_visitor *visitor, _Atomic uint64_t *bytes_read,
		struct error *err)
{
	CLEANUP(cleanup_link_table_p) struct link_table *links = NULL;
	cleanup_free uint8_t *buffer = malloc(CONTENT_BYTES);
	cleanup_free struct walk *walk = calloc(1, sizeof(*walk));

	if (!buffer || !walk)
		return error_memory(err);
	if (link_table_new(&links, err) < 0)
		return -1;
	*walk = (struct walk){
		.visitor = visitor, .bytes_read = bytes_read, .links = links, .buffer = buffer
	};
	return walk_all(walk, fd, err);
}

int rootfs_size(int fd, uint64_t *size_bytes, struct error *err)
{
	cleanup_free struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return error_memory(err);
	if (walk_all(walk, fd, err) < 0)
		return -1;
	*size_bytes = walk->size_bytes;
	return 0;
}
