// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "builder/source/rootfs.h"

enum {
	NAMES_BYTES = 64 << 10, /* XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h */
	VALUE_BYTES = 64 << 10,
};

/* Where an O_PATH descriptor's file can be named without following it, were it a link. */
struct fd_path {
	char text[32];
};

static struct fd_path path_of(int fd)
{
	struct fd_path path;

	(void)snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

static ssize_t list(int fd, bool by_path, char *names, size_t size)
{
	return by_path ? listxattr(path_of(fd).text, names, size) : flistxattr(fd, names, size);
}

static ssize_t get(int fd, bool by_path, const char *name, void *value, size_t size)
{
	return by_path ? getxattr(path_of(fd).text, name, value, size)
		       : fgetxattr(fd, name, value, size);
}

/* Not the files' own: what the machine they lie on knows of them. */
static bool belongs_to_host(const char *name)
{
	return strcmp(name, "security.selinux") == 0 || strcmp(name, "system.nfs4_acl") == 0 ||
	       strncmp(name, "trusted.overlay.", 16) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct layer_xattr *)a)->name, ((const struct layer_xattr *)b)->name);
}

void file_xattrs_free(struct file_xattrs *xattrs)
{
	free(xattrs->list);
	free(xattrs->names);
	free(xattrs->values);
	*xattrs = (struct file_xattrs){ 0 };
}

/* Appends one value; offsets for pointers until all are there, since the buffer moves. */
static int read_value(int fd, bool by_path, const char *name, struct file_xattrs *x, size_t *used,
		      struct error *err)
{
	uint8_t *grown = realloc(x->values, *used + VALUE_BYTES);

	if (!grown)
		return error_memory(err);
	x->values = grown;
	ssize_t size = get(fd, by_path, name, x->values + *used, VALUE_BYTES);
	if (size < 0)
		return error_system(err, "reading the extended attribute %s", name);
	x->list[x->count++] = (struct layer_xattr){ .name = name, .size = (size_t)size };
	*used += (size_t)size;
	return 0;
}

static int read_values(int fd, bool by_path, size_t names_size, struct file_xattrs *x,
		       struct error *err)
{
	size_t used = 0, total = 0;

	for (size_t at = 0; at < names_size; at += strlen(x->names + at) + 1)
		total++;
	x->list = calloc(total + 1, sizeof(*x->list));
	if (!x->list)
		return error_memory(err);
	for (size_t at = 0; at < names_size; at += strlen(x->names + at) + 1)
		if (!belongs_to_host(x->names + at) &&
		    read_value(fd, by_path, x->names + at, x, &used, err) < 0)
			return -1;
	used = 0;
	for (size_t i = 0; i < x->count; i++) {
		x->list[i].value = x->values + used;
		used += x->list[i].size;
	}
	qsort(x->list, x->count, sizeof(*x->list), by_name);
	return 0;
}

int file_xattrs_read(int fd, bool by_path, struct file_xattrs *xattrs, struct error *err)
{
	CLEANUP(file_xattrs_free) struct file_xattrs found = { 0 };
	ssize_t size = list(fd, by_path, NULL, 0);

	if (size < 0 && errno != ENOTSUP)
		return error_system(err, "listing its extended attributes");
	if (size > 0) {
		found.names = malloc(NAMES_BYTES + 1);
		if (!found.names)
			return error_memory(err);
		size = list(fd, by_path, found.names, NAMES_BYTES);
		if (size < 0)
			return error_system(err, "listing its extended attributes");
		found.names[size] = '\0';
		if (read_values(fd, by_path, (size_t)size, &found, err) < 0)
			return -1;
	}
	*xattrs = found;
	found = (struct file_xattrs){ 0 };
	return 0;
}
