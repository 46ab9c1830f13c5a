// SPDX-License-Identifier: Apache-2.0
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/source/tar.h"

enum {
	XATTRS = 1024,      /* of one member */
	MAJOR_MAX = 0xfff,  /* Linux: 12 bits, */
	MINOR_MAX = 0xfffff /* and 20 */
};

/* An owner of all ones means "do not change" to chown(2), and no file can have it. */
static int convert_id(int64_t id, const char *what, uint32_t *out, struct error *err)
{
	if (id < 0 || id >= UINT32_MAX)
		return error_input(err, "%s %lld is not in 0..%u", what, (long long)id,
				   UINT32_MAX - 1);
	*out = (uint32_t)id;
	return 0;
}

/* libarchive reads "-1.25" as -1 s and 0.25 s. Before the epoch no other way gives it nanoseconds.
 */
static void convert_time(struct archive_entry *from, struct layer_entry *entry)
{
	entry->mtime_sec = archive_entry_mtime(from);
	entry->mtime_nsec = (uint32_t)archive_entry_mtime_nsec(from);
	if (entry->mtime_sec < 0 && entry->mtime_nsec > 0) {
		entry->mtime_sec--;
		entry->mtime_nsec = 1000000000 - entry->mtime_nsec;
	}
}

static int convert_device(struct archive_entry *from, struct layer_entry *entry, struct error *err)
{
	uint64_t major = archive_entry_rdevmajor(from), minor = archive_entry_rdevminor(from);

	if (major > MAJOR_MAX || minor > MINOR_MAX)
		return error_input(err, "device number %llu:%llu is past %d:%d",
				   (unsigned long long)major, (unsigned long long)minor, MAJOR_MAX,
				   MINOR_MAX);
	entry->major = (uint32_t)major;
	entry->minor = (uint32_t)minor;
	return 0;
}

static int check_text(const char *text, const char *what, struct error *err)
{
	size_t size = text ? strlen(text) : 0;

	if (size == 0)
		return error_input(err, "%s is empty", what);
	if (size > PATH_MAX)
		return error_input(err, "%s of %zu bytes, at most %d", what, size, PATH_MAX);
	return 0;
}

static bool is_plain_file_type(int type)
{
	return type == '0' || type == '\0' || type == '7' || type == 'S';
}

/* The kinds of member that have a name to link to or a type other than a regular file. */
static int convert_kind(struct archive_entry *from, int type, struct layer_entry *entry,
			struct error *err)
{
	const char *hardlink = archive_entry_hardlink(from);
	uint32_t kind = (uint32_t)archive_entry_filetype(from);
	size_t name_size = strlen(entry->path);

	/* a "linkpath" in the pax header of a regular file makes no link of it */
	if (type == '1' || (hardlink && !is_plain_file_type(type))) {
		if (check_text(hardlink, "target of a hard link", err) < 0)
			return -1;
		entry->hardlink = hardlink;
		kind = S_IFREG;
	} else if (kind == S_IFLNK) {
		entry->symlink = archive_entry_symlink(from);
		if (check_text(entry->symlink, "target of a symbolic link", err) < 0)
			return -1;
	} else if (kind == S_IFCHR || kind == S_IFBLK) {
		if (convert_device(from, entry, err) < 0)
			return -1;
	} else if (kind == S_IFREG && entry->path[name_size - 1] == '/') {
		kind = S_IFDIR; /* how tar wrote directories before it had a type for them */
	}
	if (kind == 0)
		return error_input(err, "its type is not to be seen");
	entry->mode = kind | ((uint32_t)archive_entry_perm(from) & 07777);
	return 0;
}

static int check_type(int type, struct error *err)
{
	if (type == TAR_TYPE_UNKNOWN || type == '\0' || strchr("01234567SD", type))
		return 0;
	if (type > ' ' && type < 0x7f)
		return error_input(err, "unknown type of member '%c'", type);
	return error_input(err, "unknown type of member 0x%02x", (unsigned)type);
}

static bool name_seen(const struct layer_xattr *xattrs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(xattrs[i].name, name) == 0)
			return true;
	return false;
}

static void reverse(struct layer_xattr *xattrs, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct layer_xattr swap = xattrs[i];
		xattrs[i] = xattrs[count - 1 - i];
		xattrs[count - 1 - i] = swap;
	}
}

/* libarchive lists the newest first, and twice where the archive says it twice: then the newer
 * counts. */
static int convert_xattrs(struct archive_entry *from, struct layer_xattr **xattrs,
			  struct layer_entry *entry, struct error *err)
{
	int total = archive_entry_xattr_reset(from);
	const char *name;
	const void *value;
	size_t size, count = 0;

	if (total == 0)
		return 0;
	if (total > XATTRS)
		return error_input(err, "%d extended attributes, at most %d", total, XATTRS);
	struct layer_xattr *list = reallocarray(*xattrs, (size_t)total, sizeof(*list));
	if (!list)
		return error_memory(err);
	*xattrs = list;
	while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK)
		if (!name_seen(list, count, name))
			list[count++] = (struct layer_xattr){ name, value, size };
	reverse(list, count);
	entry->xattrs = list;
	entry->xattr_count = count;
	return 0;
}

static int convert(struct archive_entry *from, int type, struct layer_xattr **xattrs,
		   struct layer_entry *entry, struct error *err)
{
	int64_t size = archive_entry_size(from);

	if (check_type(type, err) < 0 ||
	    convert_id(archive_entry_uid(from), "uid", &entry->uid, err) < 0 ||
	    convert_id(archive_entry_gid(from), "gid", &entry->gid, err) < 0 ||
	    convert_kind(from, type, entry, err) < 0 ||
	    convert_xattrs(from, xattrs, entry, err) < 0)
		return -1;
	convert_time(from, entry);
	if (size < 0 || size == INT64_MAX)
		return error_input(err, "its size is out of range");
	if (S_ISREG(entry->mode) && !entry->hardlink)
		entry->size = (uint64_t)size;
	return 0;
}

int tar_entry_convert(struct archive_entry *from, int type, struct layer_xattr **xattrs,
		      struct layer_entry *entry, struct error *err)
{
	struct layer_entry made = { .path = archive_entry_pathname(from) };

	if (check_text(made.path, "name of a member", err) < 0)
		return -1;
	if (convert(from, type, xattrs, &made, err) < 0)
		return error_prefix(err, "%.200s", made.path);
	*entry = made;
	return 0;
}
