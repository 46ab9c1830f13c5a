// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/file_list.h"

#include <string.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

static void free_writer(struct archive *writer)
{
	(void)archive_write_free(writer);
}
DEFINE_CLEANUP(cleanup_writer_p, struct archive, free_writer)
DEFINE_CLEANUP(cleanup_entry_p, struct archive_entry, archive_entry_free)

static int write_entry(struct archive *writer, const struct file_list_entry *file, int64_t inode,
		       int64_t timestamp, struct error *err)
{
	CLEANUP(cleanup_entry_p) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return error_memory(err);
	archive_entry_set_pathname(entry, file->path);
	archive_entry_set_mode(entry, file->mode);
	archive_entry_set_size(entry, (la_int64_t)file->size);
	archive_entry_set_mtime(entry, timestamp, 0);
	archive_entry_set_ino64(entry, inode);
	archive_entry_set_nlink(entry, S_ISDIR(file->mode) ? 2 : 1);
	if (archive_write_header(writer, entry) != ARCHIVE_OK ||
	    (file->size && archive_write_data(writer, file->bytes, file->size) < 0))
		return error_system_text(err, "/%s: %s", file->path, archive_error_string(writer));
	return 0;
}

static int write_all_entries(const struct file_list *list, int64_t timestamp, FILE *stream,
			     struct error *err)
{
	CLEANUP(cleanup_writer_p) struct archive *writer = archive_write_new();

	if (!writer)
		return error_memory(err);
	if (archive_write_set_format_cpio_newc(writer) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(writer, 1) != ARCHIVE_OK ||
	    archive_write_open_FILE(writer, stream) != ARCHIVE_OK)
		return error_system_text(err, "%s", archive_error_string(writer));
	for (size_t i = 0; i < list->count; i++)
		if (write_entry(writer, &list->entries[i], (int64_t)i + 1, timestamp, err) < 0)
			return -1;
	if (archive_write_close(writer) != ARCHIVE_OK)
		return error_system_text(err, "%s", archive_error_string(writer));
	return 0;
}

int file_list_to_cpio(const struct file_list *list, int64_t timestamp, uint8_t **cpio, size_t *size,
		      struct error *err)
{
	char *bytes = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&bytes, &length);

	if (!stream)
		return error_memory(err);
	int result = write_all_entries(list, timestamp, stream, err);
	if (fclose(stream) != 0 && result == 0)
		result = error_memory(err);
	if (result < 0) {
		free(bytes);
		return -1;
	}
	*cpio = (uint8_t *)bytes;
	*size = length;
	return 0;
}
