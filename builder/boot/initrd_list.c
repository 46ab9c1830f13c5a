// SPDX-License-Identifier: Apache-2.0
/* Not with libarchive, which looks for the next header where there is none and takes more formats:
 * a reviewer must see what the kernel unpacks (init/initramfs.c), file for file. */
#include "builder/boot/initrd.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/boot/decompress.h"
#include "common/cleanup.h"
#include "common/disk.h"
#include "common/io.h"

/* buffer-format.rst: every field but the first is eight hexadecimal digits. */
struct cpio_disk_header {
	char magic[6]; /* "070701"; "070702" where check is set */
	char inode[8];
	char mode[8];
	char uid[8];
	char gid[8];
	char links[8];
	char mtime[8];
	char file_bytes[8];
	char device[2][8];
	char node[2][8];
	char name_bytes[8]; /* with its NUL */
	char check[8];
};
DISK_AT(struct cpio_disk_header, mtime, 46);
DISK_AT(struct cpio_disk_header, name_bytes, 94);
DISK_SIZE(struct cpio_disk_header, 110);

enum { ALIGNMENT = 4 };
static const char trailer[] = "TRAILER!!!";

struct cursor {
	const uint8_t *cpio;
	size_t size, at;
};

static int read_field(const char digits[8], uint32_t *value, struct error *err)
{
	uint32_t n = 0;

	for (int i = 0; i < 8; i++) {
		char c = digits[i];
		if (c >= '0' && c <= '9')
			n = n << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			n = n << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return error_input(err, "a cpio header with \"%.8s\" for a number", digits);
	}
	*value = n;
	return 0;
}

/* Padding counts from the archive's first byte, which lies on a multiple of 4. */
static bool take(struct cursor *c, size_t size, const uint8_t **bytes)
{
	size_t left = c->size - c->at;

	if (size > left)
		return false;
	*bytes = c->cpio + c->at;
	size_t past = (c->at + size) % ALIGNMENT, padding = past ? ALIGNMENT - past : 0;
	c->at += size + (padding < left - size ? padding : left - size);
	return true;
}

static int read_name(struct cursor *c, const struct cpio_disk_header *h, const char **name,
		     struct error *err)
{
	const uint8_t *bytes = NULL;
	uint32_t size = 0;

	if (read_field(h->name_bytes, &size, err) < 0)
		return -1;
	if (size < 2 || size > PATH_MAX)
		return error_input(err, "a name of %u bytes, from 1 to %d", size, PATH_MAX - 1);
	/* the name is padded together with its header */
	c->at += sizeof(*h);
	if (!take(c, size, &bytes))
		return error_input(err, "the cpio archive ends inside of a name");
	if (memchr(bytes, 0, size) != bytes + size - 1)
		return error_input(err, "a name that does not end where its header says");
	*name = (const char *)bytes;
	return 0;
}

static int read_fields(const struct cpio_disk_header *h, struct initrd_file *file,
		       struct error *err)
{
	uint32_t mode = 0, uid = 0, gid = 0, mtime = 0, size = 0;

	if (read_field(h->mode, &mode, err) < 0 || read_field(h->uid, &uid, err) < 0 ||
	    read_field(h->gid, &gid, err) < 0 || read_field(h->mtime, &mtime, err) < 0 ||
	    read_field(h->file_bytes, &size, err) < 0)
		return -1;
	file->mode = mode;
	file->uid = uid;
	file->gid = gid;
	file->mtime = mtime;
	file->size = size;
	return 0;
}

/* `target` holds a symbolic link's, for the caller's file. */
static int read_file(struct cursor *c, struct initrd_file *file, char target[PATH_MAX],
		     struct error *err)
{
	const uint8_t *bytes = NULL;
	struct cpio_disk_header h;

	if (c->size - c->at < sizeof(h))
		return error_input(err, "the cpio archive ends without its last entry");
	memcpy(&h, c->cpio + c->at, sizeof(h));
	if (memcmp(h.magic, "070701", 6) != 0 && memcmp(h.magic, "070702", 6) != 0)
		return error_input(err, "no cpio header (newc) at byte %zu", c->at);
	if (read_name(c, &h, &file->path, err) < 0 || read_fields(&h, file, err) < 0)
		return -1;
	if (!take(c, file->size, &bytes))
		return error_input(err, "the cpio archive ends inside of %s", file->path);
	if (!S_ISLNK(file->mode))
		return 0;
	if (file->size >= PATH_MAX || memchr(bytes, 0, file->size))
		return error_input(err, "%s is no symbolic link", file->path);
	memcpy(target, bytes, file->size);
	target[file->size] = '\0';
	file->link_target = target;
	return 0;
}

int initrd_list(const uint8_t *initrd, size_t size,
		int (*visit)(void *context, const struct initrd_file *file, struct error *err),
		void *context, struct error *err)
{
	cleanup_free uint8_t *cpio = NULL;
	struct cursor c = { 0 };
	char target[PATH_MAX];

	/* libarchive does not say where an xz stream ends, and a second archive could follow it */
	if (decompress_is_xz(initrd, size))
		return error_input(err, "is compressed with xz; zstd, gzip or nothing is read");
	if (decompress(initrd, size, INITRD_MAX_BYTES, &cpio, &c.size, err) < 0)
		return -1;
	c.cpio = cpio;
	for (;;) {
		struct initrd_file file = { 0 };
		if (read_file(&c, &file, target, err) < 0)
			return -1;
		if (strcmp(file.path, trailer) == 0)
			break;
		if (visit(context, &file, err) < 0)
			return -1;
	}
	if (!is_zero(c.cpio + c.at, c.size - c.at))
		return error_input(
			err, "something follows the cpio archive, which ends at byte %zu", c.at);
	return 0;
}
