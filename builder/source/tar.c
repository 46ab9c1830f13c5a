// SPDX-License-Identifier: Apache-2.0
#include "builder/source/tar.h"

#include <errno.h>
#include <sys/stat.h>

#include <archive.h>

#include "builder/source/tar_warning.h"
#include "common/checked.h"

enum {
	BLOCK_BYTES = 512,
	/* What stands before the content of one member: names and attributes (1 MiB each is
	 * libarchive's limit) and the map of a sparse file, for which it takes 50 bytes of memory
	 * for each 4 here. Counted in the input's pieces. */
	HEADER_BYTES = 4 << 20,
	TRAILING_BYTES = 64 << 20,
	CHECKSUM_AT = 148,
	CHECKSUM_BYTES = 8,
	TYPE_AT = 156,
};

struct tar {
	const struct tar_input *input;
	const struct layer_visitor *visitor;
	struct archive *archive;
	struct layer_xattr *xattrs;
	struct {
		const uint8_t *bytes;
		uint64_t begin, end; /* in the stream */
	} piece;                     /* the one libarchive has now */
	size_t header_bytes;         /* handed out since the last content */
	bool in_header;
	struct error failure; /* of the input, to be told in place of libarchive's words */
};

static void tar_clear(struct tar *tar)
{
	archive_read_free(tar->archive);
	free(tar->xattrs);
}

static int next_piece(struct tar *tar, struct error *err)
{
	const uint8_t *bytes;
	size_t size;
	int got = tar->input->next(tar->input->context, &bytes, &size, err);

	if (got <= 0)
		return got;
	tar->piece.bytes = bytes;
	tar->piece.begin = tar->piece.end;
	tar->piece.end += size;
	return 1;
}

static la_ssize_t read_callback(struct archive *a, void *context, const void **bytes)
{
	struct tar *tar = context;

	(void)a;
	if (tar->in_header && tar->header_bytes > HEADER_BYTES)
		return error_input(&tar->failure, "the header of a member is larger than %d MiB",
				   HEADER_BYTES >> 20);
	int got = next_piece(tar, &tar->failure);
	if (got <= 0)
		return got;
	size_t size = (size_t)(tar->piece.end - tar->piece.begin);
	if (tar->in_header)
		tar->header_bytes += size;
	*bytes = tar->piece.bytes;
	return (la_ssize_t)size;
}

static int archive_failure(const struct tar *tar, struct error *err)
{
	const char *text = archive_error_string(tar->archive);

	if (tar->failure.kind != ERROR_NONE) {
		*err = tar->failure;
		return -1;
	}
	if (archive_errno(tar->archive) == ENOMEM)
		return error_memory(err);
	return error_input(err, "damaged tar archive: %s",
			   text ? text : "it ends in the middle of a member");
}

static uint64_t position(const struct tar *tar)
{
	return (uint64_t)archive_filter_bytes(tar->archive, 0);
}

/* POSIX's checksum, as far as needed to know a header from the map of a sparse file. */
static bool is_header(const uint8_t *block)
{
	unsigned sum = 0, wanted = 0;

	for (size_t i = 0; i < BLOCK_BYTES; i++)
		sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES ? ' ' : block[i];
	for (size_t i = CHECKSUM_AT; i < CHECKSUM_AT + CHECKSUM_BYTES; i++)
		if (block[i] >= '0' && block[i] <= '7')
			wanted = wanted * 8 + (block[i] - '0');
	return sum == wanted;
}

/* The typeflag, which libarchive keeps to itself: it makes a regular file of whatever it does not
 * know. The header is the block it read last, except for a sparse file that has a map. */
static int member_type(const struct tar *tar)
{
	uint64_t end = position(tar);

	if (end > tar->piece.end || end < BLOCK_BYTES || end - BLOCK_BYTES < tar->piece.begin)
		return TAR_TYPE_UNKNOWN;
	const uint8_t *block = tar->piece.bytes + (end - BLOCK_BYTES - tar->piece.begin);
	return is_header(block) ? block[TYPE_AT] : TAR_TYPE_UNKNOWN;
}

/* The bytes a sparse file's map says are stored; 0 for a file that is not sparse, or has no data.
 */
static uint64_t mapped_bytes(struct archive_entry *entry)
{
	uint64_t sum = 0;
	la_int64_t offset, size;

	/* asked first: it drops a map that covers the whole file, and would do so inside
	 * archive_entry_sparse_reset() after that took the pointer to go on from */
	if (archive_entry_sparse_count(entry) == 0)
		return 0;
	(void)archive_entry_sparse_reset(entry);
	while (archive_entry_sparse_next(entry, &offset, &size) == ARCHIVE_OK)
		if (size < 0 || !add_u64(sum, (uint64_t)size, &sum))
			return UINT64_MAX;
	return sum;
}

static int read_content(struct tar *tar, uint64_t file_size, uint64_t mapped, struct error *err)
{
	uint64_t next = 0, sum = 0;

	for (;;) {
		const void *bytes;
		size_t size;
		la_int64_t at;
		int r = archive_read_data_block(tar->archive, &bytes, &size, &at);
		if (r == ARCHIVE_EOF)
			break;
		if (r != ARCHIVE_OK)
			return archive_failure(tar, err);
		uint64_t offset = (uint64_t)at, end;
		if (at < 0 || offset < next || !add_u64(offset, size, &end) || end > file_size)
			return error_input(err, "its content is not inside its size, or out of "
						"order");
		if (size && tar->visitor->data(tar->visitor->context, offset, bytes, size, err) < 0)
			return -1;
		next = end;
		sum += size;
	}
	/* without a map all is there, or nothing: then the file is one hole */
	if (!mapped && sum)
		mapped = file_size;
	if (sum != mapped)
		return error_input(err, "%llu bytes of content are promised, %llu are there",
				   (unsigned long long)mapped, (unsigned long long)sum);
	return tar->visitor->end(tar->visitor->context, err);
}

static int visit(struct tar *tar, struct archive_entry *from, struct error *err)
{
	struct layer_entry entry;
	bool want_data = false;

	if (tar_entry_convert(from, member_type(tar), &tar->xattrs, &entry, err) < 0 ||
	    tar->visitor->entry(tar->visitor->context, &entry, &want_data, err) < 0)
		return -1;
	if (want_data && S_ISREG(entry.mode) && !entry.hardlink)
		return read_content(tar, entry.size, mapped_bytes(from), err);
	/* here, so that what is skipped is not taken for the next header */
	int r = archive_read_data_skip(tar->archive);
	return r == ARCHIVE_OK || r == ARCHIVE_EOF ? 0 : archive_failure(tar, err);
}

/* Reads what follows the archive. `lone_zero_block`: nothing may. */
static int read_to_end(struct tar *tar, bool lone_zero_block, struct error *err)
{
	uint64_t begin = position(tar);
	int got;

	do {
		if (lone_zero_block && tar->piece.end > begin)
			return error_input(err, "damaged tar archive: one block of zeros, and "
						"data after it");
		if (tar->piece.end > begin && tar->piece.end - begin > TRAILING_BYTES)
			return error_input(err, "more than %d MiB after the end of the archive",
					   TRAILING_BYTES >> 20);
		got = next_piece(tar, err);
	} while (got > 0);
	return got;
}

static int read_members(struct tar *tar, struct error *err)
{
	struct archive_entry *entry;

	for (;;) {
		uint64_t begin = position(tar);
		tar->in_header = true;
		tar->header_bytes = 0;
		int r = archive_read_next_header(tar->archive, &entry);
		tar->in_header = false;
		if (r == ARCHIVE_EOF)
			return read_to_end(tar, position(tar) == begin + BLOCK_BYTES, err);
		if (r != ARCHIVE_OK && !(r == ARCHIVE_WARN && tar_warning_harmless(tar->archive)))
			return archive_failure(tar, err);
		if (visit(tar, entry, err) < 0)
			return -1;
	}
}

int tar_read(const struct tar_input *input, const struct layer_visitor *visitor, struct error *err)
{
	CLEANUP(tar_clear) struct tar tar = { .input = input, .visitor = visitor };

	tar.archive = archive_read_new();
	if (!tar.archive)
		return error_memory(err);
	if (archive_read_set_format(tar.archive, ARCHIVE_FORMAT_TAR) != ARCHIVE_OK ||
	    archive_read_set_read_callback(tar.archive, read_callback) != ARCHIVE_OK ||
	    archive_read_set_callback_data(tar.archive, &tar) != ARCHIVE_OK ||
	    archive_read_open1(tar.archive) != ARCHIVE_OK)
		return archive_failure(&tar, err);
	return read_members(&tar, err);
}
