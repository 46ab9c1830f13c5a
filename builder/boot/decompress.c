// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/decompress.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "builder/source/inflate.h"
#include "common/cleanup.h"

enum { FIRST_BYTES = 1 << 16 };

/* XZ file format, 2.1.1.1 */
static const uint8_t xz_magic[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };

struct buffer {
	uint8_t *bytes;
	size_t size, capacity;
};

static void buffer_release(struct buffer *buffer)
{
	free(buffer->bytes);
}

static int buffer_grow(struct buffer *buffer, size_t limit, struct error *err)
{
	/* one byte more than allowed, so that what is too long is seen */
	if (buffer->capacity > limit)
		return error_input(err, "longer than %zu bytes when decompressed", limit);
	size_t capacity = buffer->capacity ? 2 * buffer->capacity : FIRST_BYTES;
	if (capacity > limit)
		capacity = limit + 1;
	uint8_t *grown = realloc(buffer->bytes, capacity);
	if (!grown)
		return error_memory(err);
	buffer->bytes = grown;
	buffer->capacity = capacity;
	return 0;
}

static int inflate_all(enum layer_format format, struct span in, size_t limit, struct buffer *out,
		       struct error *err)
{
	cleanup_inflater struct inflater *inflater = NULL;
	size_t produced;

	if (inflater_new(format, &inflater, err) < 0)
		return -1;
	do {
		if (out->size == out->capacity && buffer_grow(out, limit, err) < 0)
			return -1;
		if (inflater_step(inflater, &in, out->bytes + out->size, out->capacity - out->size,
				  &produced, err) < 0)
			return -1;
		out->size += produced;
	} while (out->size == out->capacity);
	return inflater_end(inflater, err);
}

static void free_reader(struct archive *reader)
{
	(void)archive_read_free(reader);
}
DEFINE_CLEANUP(cleanup_reader_p, struct archive, free_reader)

static int unxz_all(struct span in, size_t limit, struct buffer *out, struct error *err)
{
	CLEANUP(cleanup_reader_p) struct archive *reader = archive_read_new();
	struct archive_entry *entry;

	if (!reader)
		return error_memory(err);
	if (archive_read_support_filter_xz(reader) != ARCHIVE_OK ||
	    archive_read_support_format_raw(reader) != ARCHIVE_OK ||
	    archive_read_open_memory(reader, in.bytes, in.size) != ARCHIVE_OK ||
	    archive_read_next_header(reader, &entry) != ARCHIVE_OK)
		return error_input(err, "damaged xz data: %s", archive_error_string(reader));
	for (;;) {
		if (out->size == out->capacity && buffer_grow(out, limit, err) < 0)
			return -1;
		la_ssize_t n = archive_read_data(reader, out->bytes + out->size,
						 out->capacity - out->size);
		if (n < 0)
			return error_input(err, "damaged xz data: %s",
					   archive_error_string(reader));
		if (n == 0)
			return 0;
		out->size += (size_t)n;
	}
}

bool decompress_is_xz(const uint8_t *bytes, size_t size)
{
	return size >= sizeof(xz_magic) && memcmp(bytes, xz_magic, sizeof(xz_magic)) == 0;
}

int decompress(const uint8_t *bytes, size_t size, size_t limit, uint8_t **plain, size_t *plain_size,
	       struct error *err)
{
	CLEANUP(buffer_release) struct buffer out = { 0 };
	struct span in = { bytes, size };
	enum layer_format format = inflate_detect(bytes, size);

	if (decompress_is_xz(bytes, size)) {
		if (unxz_all(in, limit, &out, err) < 0)
			return -1;
	} else if (format != LAYER_TAR) {
		if (inflate_all(format, in, limit, &out, err) < 0)
			return -1;
	} else {
		if (size > limit)
			return error_input(err, "longer than %zu bytes", limit);
		out.bytes = malloc(size + 1);
		if (!out.bytes)
			return error_memory(err);
		memcpy(out.bytes, bytes, size);
		out.size = size;
	}
	*plain = take_ptr(out.bytes);
	*plain_size = out.size;
	return 0;
}
