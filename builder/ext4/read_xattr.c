// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "builder/ext4/acl.h"
#include "builder/ext4/reader.h"

static void handle_close(struct ext2_xattr_handle **handle)
{
	if (*handle)
		ext2fs_xattrs_close(handle);
}

/* First the attributes are counted, then they are put behind the set, each name and value. */
struct gathering {
	uint32_t count;
	size_t bytes;
	struct xattr_set *set; /* NULL while counting */
	uint8_t *at;
	struct error *err;
	int result;
};

/* An ACL is at most twice as long as on disk. */
static size_t room_for(const char *name, size_t size)
{
	return strlen(name) + 1 + (acl_is_name(name) ? 2 * size : size);
}

static int gather(char *name, char *value, size_t size, void *context)
{
	struct gathering *gathering = context;
	if (!gathering->set) {
		gathering->count++;
		gathering->bytes += room_for(name, size);
		return 0;
	}

	size_t name_bytes = strlen(name) + 1;
	uint8_t *stored = gathering->at + name_bytes;
	memcpy(gathering->at, name, name_bytes);
	size_t stored_bytes = size;
	if (acl_is_name(name)) {
		if (acl_from_disk((const uint8_t *)value, size, stored, &stored_bytes,
				  gathering->err) < 0) {
			gathering->result = error_prefix(gathering->err, "%s", name);
			return XATTR_ABORT;
		}
	} else if (size > 0) {
		memcpy(stored, value, size);
	}
	gathering->set->items[gathering->set->count++] = (struct xattr){
		.name = (const char *)gathering->at,
		.value = stored,
		.size = (uint32_t)stored_bytes,
	};
	gathering->at += room_for(name, size);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct xattr *x = a, *y = b;
	return strcmp(x->name, y->name);
}

int read_xattrs(struct ext4_reader *reader, uint32_t number, struct xattr_set **xattrs,
		struct error *err)
{
	CLEANUP(handle_close) struct ext2_xattr_handle *handle = NULL;
	struct gathering gathering = { .err = err };

	errcode_t code = ext2fs_xattrs_open(reader->fs, number, &handle);
	if (code == 0)
		code = ext2fs_xattrs_read_inode(handle, reader->disk);
	if (code == 0)
		code = ext2fs_xattrs_iterate(handle, gather, &gathering);
	if (code)
		return reader_error(reader, code, err);
	if (gathering.count == 0) {
		*xattrs = NULL;
		return 0;
	}

	size_t head_bytes = sizeof(struct xattr_set) + gathering.count * sizeof(struct xattr);
	cleanup_free struct xattr_set *set = malloc(head_bytes + gathering.bytes);
	if (!set)
		return error_memory(err);
	set->count = 0;
	gathering.set = set;
	gathering.at = (uint8_t *)set + head_bytes;
	code = ext2fs_xattrs_iterate(handle, gather, &gathering);
	if (code)
		return reader_error(reader, code, err);
	if (gathering.result < 0)
		return -1;
	qsort(set->items, set->count, sizeof(set->items[0]), compare_names);
	*xattrs = take_ptr(set);
	return 0;
}
