// SPDX-License-Identifier: Apache-2.0
/* A file system image open for reading, and what tests ask it. */
#pragma once

#include "tests/unit/ext4/image.h"

enum { ROOT_INODE = 2 };

struct reading {
	int fd;
	struct ext4_reader *reader;
	struct error err;
	uint64_t calls;     /* of the source */
	uint64_t fail_from; /* the call from which the source fails; 0: never */
};

static inline int read_blocks(void *context, uint64_t block, void *bytes, uint32_t count,
			      struct error *err)
{
	struct reading *reading = context;
	if (++reading->calls == reading->fail_from)
		return error_system_text(err, "the disk is gone");
	assert_true(count > 0 && count <= 256);
	return pread_exact(reading->fd, bytes, (size_t)count * EXT4_BLOCK_BYTES,
			   block * EXT4_BLOCK_BYTES, err);
}

static inline int try_open(struct reading *reading, const char *path)
{
	uint64_t size;
	*reading = (struct reading){ .fd = open(path, O_RDONLY | O_CLOEXEC) };
	assert_true(reading->fd >= 0);
	assert_done(reading, file_size(reading->fd, &size, &reading->err));
	const struct ext4_source source = { reading, size / EXT4_BLOCK_BYTES, read_blocks };
	return ext4_open(&source, &reading->reader, &reading->err);
}

static inline void reading_open(struct reading *reading, const char *path)
{
	assert_done(reading, try_open(reading, path));
}

static inline void reading_close(struct reading *reading)
{
	ext4_close(reading->reader);
	close(reading->fd);
}

static inline struct ext4_file stat_path(struct reading *reading, const char *path, bool follow)
{
	struct ext4_file file;
	uint32_t number;
	assert_done(reading, ext4_lookup(reading->reader, path, follow, &number, &reading->err));
	assert_done(reading, ext4_stat(reading->reader, number, &file, &reading->err));
	assert_int_equal(file.number, number);
	return file;
}

struct buffer {
	uint8_t *bytes;
	uint64_t size;    /* allocated */
	uint64_t end;     /* of the last piece */
	uint64_t content; /* all pieces together */
	unsigned pieces;
};

static inline int take_piece(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
			     struct error *err)
{
	struct buffer *buffer = context;
	(void)err;
	assert_true(offset >= buffer->end && offset % EXT4_BLOCK_BYTES == 0);
	assert_true(offset + size <= buffer->size);
	memcpy(buffer->bytes + offset, bytes, size);
	buffer->end = offset + size;
	buffer->content += size;
	buffer->pieces++;
	return 0;
}

/* Takes away what take_piece() counted. */
static inline void take_range(void *context, uint64_t offset, uint64_t size)
{
	struct buffer *buffer = context;
	assert_true(offset + size <= buffer->end && size <= buffer->content);
	buffer->content -= size;
}

/* The content with holes as zeros; the caller frees it. */
static inline uint8_t *content_of(struct reading *reading, const struct ext4_file *file,
				  unsigned *pieces)
{
	struct buffer buffer = { .bytes = calloc(1, file->size + 1), .size = file->size };
	assert_non_null(buffer.bytes);
	assert_done(reading, ext4_read_content(reading->reader, file->number, take_piece, &buffer,
					       &reading->err));
	assert_done(reading, ext4_list_ranges(reading->reader, file->number, take_range, &buffer,
					      &reading->err));
	assert_int_equal(buffer.content, 0);
	if (pieces)
		*pieces = buffer.pieces;
	return buffer.bytes;
}

static inline void expect_text(struct reading *reading, const char *path, const char *text)
{
	struct ext4_file file = stat_path(reading, path, true);
	assert_int_equal(file.size, strlen(text));
	uint8_t *bytes = content_of(reading, &file, NULL);
	assert_memory_equal(bytes, text, file.size);
	free(bytes);
}

static inline void expect_no_path(struct reading *reading, const char *path, const char *words)
{
	uint32_t number = 77;
	assert_int_equal(ext4_lookup(reading->reader, path, true, &number, &reading->err), -1);
	assert_int_equal(reading->err.kind, ERROR_INPUT);
	assert_int_equal(number, 77);
	if (!strstr(reading->err.text, words))
		fail_msg("%s: \"%s\" lacks \"%s\"", path, reading->err.text, words);
}

struct list_check {
	char previous[256];
	unsigned count;
};

static inline int check_name(void *context, const char *name, uint32_t number, struct error *err)
{
	struct list_check *check = context;
	(void)err;
	assert_true(number >= 11);
	assert_true(strcmp(check->previous, name) < 0);
	strcpy(check->previous, name);
	check->count++;
	return 0;
}
