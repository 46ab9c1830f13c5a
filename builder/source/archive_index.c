// SPDX-License-Identifier: Apache-2.0
#include "builder/source/archive_index.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "builder/source/inflate.h"
#include "builder/source/tar_warning.h"
#include "common/cleanup.h"
#include "common/io.h"

enum {
	MEMBERS = 65536,
	LINK_HOPS = 8,
	NAME_BYTES = 512,      /* a longer name is none that an image has */
	READ_BYTES = 4096,     /* headers lie far apart: more would be read for nothing */
	HEADER_BYTES = 1 << 20 /* of one member: a sparse file's map has no bound of its own */
};

struct member {
	char *name;
	char *target; /* of a link, a name like the others; else NULL */
	size_t order;
	uint64_t offset, size_bytes;
};

/* The file as libarchive reads it. */
struct input {
	int fd;
	uint64_t offset, size_bytes;
	uint64_t header_bytes; /* read for this member */
	uint8_t buffer[READ_BYTES];
};

struct archive_index {
	struct member *members; /* by name, then order */
	size_t count;
};

static void cleanup_archive_p(struct archive **a)
{
	archive_read_free(*a);
}

static void cleanup_index_p(struct archive_index **index)
{
	archive_index_free(*index);
}

void archive_index_free(struct archive_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < index->count; i++) {
		free(index->members[i].name);
		free(index->members[i].target);
	}
	free(index->members);
	free(index);
}

/* `path`, taken relative to the first `base` bytes of `from`, without "." and "..". NULL when it
 * leaves the archive, is too long, or there is no memory: then there is no such member. */
static char *join(const char *from, size_t base, const char *path)
{
	char text[NAME_BYTES];
	size_t used = 0;

	if (base >= sizeof(text) || *path == '/')
		base = 0;
	memcpy(text, from, base);
	used = base;
	while (*path) {
		size_t word = strcspn(path, "/");
		if (word == 2 && memcmp(path, "..", 2) == 0) {
			if (used == 0)
				return NULL;
			while (used > 0 && text[--used] != '/')
				;
		} else if (word > 0 && !(word == 1 && *path == '.')) {
			if (used + word + 2 > sizeof(text))
				return NULL;
			if (used)
				text[used++] = '/';
			memcpy(text + used, path, word);
			used += word;
		}
		path += word + (path[word] == '/');
	}
	return strndup(text, used);
}

static size_t directory_size(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

static int describe(struct archive *a, struct archive_entry *entry, struct member *member)
{
	const char *path = archive_entry_pathname(entry);
	const char *hardlink = archive_entry_hardlink(entry);
	const char *symlink = archive_entry_symlink(entry);

	if (!path || archive_filter_bytes(a, 0) < 0 || archive_entry_size(entry) < 0)
		return 0;
	member->name = join("", 0, path);
	if (!member->name)
		return 0;
	if (hardlink)
		member->target = join("", 0, hardlink);
	else if (symlink)
		member->target = join(member->name, directory_size(member->name), symlink);
	else if (archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	member->offset = (uint64_t)archive_filter_bytes(a, 0);
	member->size_bytes = (uint64_t)archive_entry_size(entry);
	return !(hardlink || symlink) || member->target;
}

static int add(struct archive_index *index, struct archive *a, struct archive_entry *entry,
	       struct error *err)
{
	if (index->count == MEMBERS)
		return error_input(err, "more than %d members", MEMBERS);
	if ((index->count & (index->count - 1)) == 0) {
		size_t capacity = index->count ? 2 * index->count : 1;
		struct member *grown = reallocarray(index->members, capacity, sizeof(*grown));
		if (!grown)
			return error_memory(err);
		index->members = grown;
	}
	struct member *member = &index->members[index->count];
	*member = (struct member){ .order = index->count };
	if (describe(a, entry, member)) {
		index->count++;
	} else {
		free(member->name);
		free(member->target);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static la_ssize_t read_callback(struct archive *a, void *context, const void **bytes)
{
	struct input *input = context;
	uint64_t left = input->size_bytes - input->offset;
	size_t size = left < READ_BYTES ? (size_t)left : (size_t)READ_BYTES;
	struct error err;

	input->header_bytes += size;
	if (input->header_bytes > HEADER_BYTES) {
		archive_set_error(a, EINVAL, "the header of a member is larger than %d KiB",
				  HEADER_BYTES >> 10);
		return -1;
	}
	if (pread_exact(input->fd, input->buffer, size, input->offset, &err) < 0) {
		archive_set_error(a, EIO, "%s", err.text);
		return -1;
	}
	input->offset += size;
	*bytes = input->buffer;
	return (la_ssize_t)size;
}

static la_int64_t skip_callback(struct archive *a, void *context, la_int64_t request)
{
	struct input *input = context;
	uint64_t left = input->size_bytes - input->offset;
	uint64_t skipped = (uint64_t)request < left ? (uint64_t)request : left;

	(void)a;
	input->offset += skipped;
	return (la_int64_t)skipped;
}

static int refuse_compressed(int fd, struct error *err)
{
	uint8_t magic[4];
	ssize_t size = pread(fd, magic, sizeof(magic), 0);

	if (size < 0)
		return error_system(err, "reading");
	enum layer_format format = inflate_detect(magic, (size_t)size);
	if (format != LAYER_TAR)
		return error_input(err,
				   "is compressed with %s; decompress it first: its parts are "
				   "read by offset",
				   layer_format_name(format));
	return 0;
}

static int unreadable(struct archive *a, struct error *err)
{
	const char *text = archive_error_string(a);

	return error_input(err, "not a readable tar file: %s", text ? text : "it is cut");
}

static int scan(struct archive *a, struct input *input, struct archive_index *index,
		struct error *err)
{
	struct archive_entry *entry;

	for (;;) {
		input->header_bytes = 0;
		int r = archive_read_next_header(a, &entry);
		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && !(r == ARCHIVE_WARN && tar_warning_harmless(a)))
			return unreadable(a, err);
		if (add(index, a, entry, err) < 0)
			return -1;
	}
}

int archive_index_read(int fd, struct archive_index **index, struct error *err)
{
	CLEANUP(cleanup_archive_p) struct archive *a = archive_read_new();
	CLEANUP(cleanup_index_p) struct archive_index *made = calloc(1, sizeof(*made));
	struct input input = { .fd = fd };

	if (!a || !made)
		return error_memory(err);
	if (file_size(fd, &input.size_bytes, err) < 0 || refuse_compressed(fd, err) < 0)
		return -1;
	if (archive_read_set_format(a, ARCHIVE_FORMAT_TAR) != ARCHIVE_OK ||
	    archive_read_open2(a, &input, NULL, read_callback, skip_callback, NULL) != ARCHIVE_OK)
		return unreadable(a, err);
	if (scan(a, &input, made, err) < 0)
		return -1;
	if (made->count)
		qsort(made->members, made->count, sizeof(*made->members), by_name);
	*index = take_ptr(made);
	return 0;
}

static const struct member *find_last(const struct archive_index *index, const char *name)
{
	size_t low = 0, high = index->count;

	while (low < high) { /* the first that sorts after all of this name */
		size_t middle = low + (high - low) / 2;
		if (strcmp(index->members[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || strcmp(index->members[low - 1].name, name) != 0)
		return NULL;
	return &index->members[low - 1];
}

int archive_index_find(const struct archive_index *index, const char *name, uint64_t *offset,
		       uint64_t *size_bytes, struct error *err)
{
	cleanup_free char *wanted = join("", 0, name);
	const struct member *member = wanted ? find_last(index, wanted) : NULL;

	for (int hops = 0; member && member->target; hops++) {
		if (hops == LINK_HOPS)
			return error_input(err, "%s: more than %d links", name, LINK_HOPS);
		member = find_last(index, member->target);
	}
	if (!member)
		return error_input(err, "%s: not in the archive", name);
	*offset = member->offset;
	*size_bytes = member->size_bytes;
	return 0;
}
