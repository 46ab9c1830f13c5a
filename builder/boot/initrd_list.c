// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/initrd.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "builder/boot/decompress.h"
#include "common/cleanup.h"
#include "common/io.h"

/* "new ASCII" cpio: a header of 110 bytes, then the name. The last entry's name: */
enum { HEADER_BYTES = 110 };
static const char trailer[] = "TRAILER!!!";

static void free_reader(struct archive *reader)
{
	(void)archive_read_free(reader);
}
DEFINE_CLEANUP(cleanup_reader_p, struct archive, free_reader)

static int visit_entry(struct archive_entry *entry,
		       int (*visit)(void *context, const struct initrd_file *file,
				    struct error *err),
		       void *context, struct error *err)
{
	const struct initrd_file file = {
		.path = archive_entry_pathname(entry),
		.mode = archive_entry_mode(entry),
		.uid = (uint64_t)archive_entry_uid(entry),
		.gid = (uint64_t)archive_entry_gid(entry),
		.size = (uint64_t)archive_entry_size(entry),
		.mtime = archive_entry_mtime(entry),
		.link_target = archive_entry_symlink(entry),
	};

	if (!file.path)
		return error_input(err, "a file without a name");
	return visit(context, &file, err);
}

/* At `end` is the entry that libarchive took for the last one. */
static int check_end(const uint8_t *cpio, size_t size, int64_t end, struct error *err)
{
	size_t at = (size_t)end, length = HEADER_BYTES + sizeof(trailer);

	if (end < 0 || at > size || size - at < length ||
	    memcmp(cpio + at + HEADER_BYTES, trailer, sizeof(trailer)) != 0)
		return error_input(err, "the cpio archive ends without its last entry");
	if (!is_zero(cpio + at + length, size - at - length))
		return error_input(err,
				   "something follows the cpio archive, which ends at byte %zu of "
				   "%zu",
				   at + length, size);
	return 0;
}

int initrd_list(const uint8_t *initrd, size_t initrd_size,
		int (*visit)(void *context, const struct initrd_file *file, struct error *err),
		void *context, struct error *err)
{
	CLEANUP(cleanup_reader_p) struct archive *reader = archive_read_new();
	cleanup_free uint8_t *cpio = NULL;
	struct archive_entry *entry;
	size_t size;
	int status;

	if (decompress(initrd, initrd_size, INITRD_MAX_BYTES, &cpio, &size, err) < 0)
		return -1;
	if (!reader)
		return error_memory(err);
	if (archive_read_support_format_cpio(reader) != ARCHIVE_OK ||
	    archive_read_open_memory(reader, cpio, size) != ARCHIVE_OK)
		return error_input(err, "not a cpio archive: %s", archive_error_string(reader));
	while ((status = archive_read_next_header(reader, &entry)) == ARCHIVE_OK)
		if (visit_entry(entry, visit, context, err) < 0)
			return -1;
	if (status != ARCHIVE_EOF)
		return error_input(err, "damaged cpio archive: %s", archive_error_string(reader));
	return check_end(cpio, size, archive_read_header_position(reader), err);
}
