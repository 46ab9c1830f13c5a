// SPDX-License-Identifier: Apache-2.0
/* A volume of any bytes: opened, looked up in, and read as far as a bounded walk goes. The seeds
 * are file systems of our writer, and of mke2fs without checksums, so that changes get past them.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "builder/ext4/ext4.h"

enum { FILES_MAX = 64, PIECES_MAX = 256 };

struct volume {
	const uint8_t *bytes;
	size_t size;
	uint32_t files[FILES_MAX];
	size_t file_count;
	size_t pieces;
};

static int read_blocks(void *context, uint64_t block, void *bytes, uint32_t count,
		       struct error *err)
{
	const struct volume *volume = context;
	uint64_t blocks = volume->size / EXT4_BLOCK_BYTES;
	if (count > blocks || block > blocks - count)
		return error_input(err, "behind the end");
	memcpy(bytes, volume->bytes + block * EXT4_BLOCK_BYTES, (size_t)count * EXT4_BLOCK_BYTES);
	return 0;
}

static int take_name(void *context, const char *name, uint32_t number, struct error *err)
{
	struct volume *volume = context;
	(void)err;
	if (strlen(name) > 255)
		__builtin_trap();
	if (volume->file_count < FILES_MAX)
		volume->files[volume->file_count++] = number;
	return 0;
}

static int take_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		      struct error *err)
{
	struct volume *volume = context;
	(void)offset;
	if (size == 0 || bytes[0] + bytes[size - 1] > 510)
		__builtin_trap();
	return ++volume->pieces < PIECES_MAX ? 0 : error_input(err, "enough");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct volume volume = { .bytes = data, .size = size, .files = { 2 }, .file_count = 1 };
	const struct ext4_source source = { &volume, size / EXT4_BLOCK_BYTES, read_blocks };
	cleanup_ext4_reader struct ext4_reader *reader = NULL;
	struct error err;
	struct ext4_file file;
	uint32_t number;

	if (ext4_open(&source, &reader, &err) < 0)
		return 0;
	if (ext4_lookup(reader, "dir/link/../file", true, &number, &err) < 0)
		number = 0;
	for (size_t i = 0; i < volume.file_count; i++) {
		if (ext4_stat(reader, volume.files[i], &file, &err) < 0)
			continue;
		if (S_ISDIR(file.mode) &&
		    ext4_list(reader, file.number, take_name, &volume, &err) < 0)
			continue;
		if (S_ISREG(file.mode) &&
		    ext4_read_content(reader, file.number, take_piece, &volume, &err) < 0)
			continue;
	}
	return 0;
}
