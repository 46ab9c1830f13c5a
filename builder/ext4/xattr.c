// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/xattr.h"

#include <string.h>

#include "builder/ext4/acl.h"

enum {
	/* More attributes than this do not fit, whatever they are. */
	ATTRIBUTES_MAX = 2 * EXT4_BLOCK_BYTES / sizeof(struct ext2_ext_attr_entry),
	NAME_MAX_BYTES = 255,
};

/* Namespaces and their numbers on disk; a whole name where nothing follows. */
static const struct {
	const char *prefix;
	uint8_t index;
	bool whole;
} namespaces[] = {
	{ "user.", 1, false },
	{ "system.posix_acl_access", 2, true },
	{ "system.posix_acl_default", 3, true },
	{ "trusted.", 4, false },
	{ "security.", 6, false },
	{ "system.richacl", 8, true },
};

struct attribute {
	const struct xattr *xattr;
	const char *suffix; /* of the name, behind the namespace */
	uint8_t index;
	uint8_t suffix_bytes;
};

/* Entries grow up from `entries`, values down from `values`, both offsets in `bytes`. */
struct region {
	uint8_t *bytes;
	size_t entries;
	size_t values;
	bool hashed;
};

static int split_name(const struct xattr *xattr, struct attribute *attribute, struct error *err)
{
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		size_t prefix_bytes = strlen(namespaces[i].prefix);
		if (strncmp(xattr->name, namespaces[i].prefix, prefix_bytes) != 0)
			continue;
		const char *suffix = xattr->name + prefix_bytes;
		size_t bytes = strlen(suffix);
		if (bytes > NAME_MAX_BYTES || (bytes == 0) != namespaces[i].whole)
			continue;
		*attribute =
			(struct attribute){ xattr, suffix, namespaces[i].index, (uint8_t)bytes };
		return 0;
	}
	return error_input(err, "ext4 has no extended attributes of the name \"%s\"", xattr->name);
}

/* The kernel looks for an attribute in a block only as far as this order says. */
static int compare_attributes(const void *a, const void *b)
{
	const struct attribute *x = a, *y = b;
	if (x->index != y->index)
		return x->index - y->index;
	if (x->suffix_bytes != y->suffix_bytes)
		return x->suffix_bytes - y->suffix_bytes;
	return memcmp(x->suffix, y->suffix, x->suffix_bytes);
}

/* False: no room. */
static bool region_add(struct region *region, const struct attribute *attribute,
		       const uint8_t *value, uint32_t size)
{
	size_t entry_bytes = EXT2_EXT_ATTR_LEN(attribute->suffix_bytes);
	size_t value_bytes = EXT2_EXT_ATTR_SIZE((size_t)size);
	size_t end_bytes = sizeof(uint32_t); /* four zero bytes end the entries */

	if (entry_bytes + value_bytes + end_bytes > region->values - region->entries)
		return false;
	region->values -= value_bytes;

	struct ext2_ext_attr_entry *entry =
		(struct ext2_ext_attr_entry *)(void *)(region->bytes + region->entries);
	uint8_t *stored = region->bytes + region->values;
	entry->e_name_len = attribute->suffix_bytes;
	entry->e_name_index = attribute->index;
	entry->e_value_offs = size > 0 ? (__u16)region->values : 0;
	entry->e_value_size = size;
	memcpy(EXT2_EXT_ATTR_NAME(entry), attribute->suffix, attribute->suffix_bytes);
	if (size > 0)
		memcpy(stored, value, size);
	if (region->hashed)
		entry->e_hash = ext2fs_ext_attr_hash_entry(entry, stored);
	region->entries += entry_bytes;
	return true;
}

static void begin_block(struct xattr_space *space)
{
	struct ext2_ext_attr_header *header = (void *)space->block;

	space->in_block = true;
	memset(space->block, 0, sizeof(space->block));
	header->h_magic = EXT2_EXT_ATTR_MAGIC;
	header->h_refcount = 1;
	header->h_blocks = 1;
}

static void end_block(struct xattr_space *space, const struct region *region)
{
	ext2fs_ext_attr_block_rehash((void *)space->block,
				     (void *)(space->block + region->entries));
}

static int add_attributes(const struct attribute *attributes, uint32_t count,
			  struct xattr_space *space, struct error *err)
{
	struct region inode = { .bytes = space->inode, .values = sizeof(space->inode) };
	struct region block = { .bytes = space->block,
				.entries = sizeof(struct ext2_ext_attr_header),
				.values = sizeof(space->block),
				.hashed = true };

	for (uint32_t i = 0; i < count; i++) {
		const struct xattr *xattr = attributes[i].xattr;
		const uint8_t *value = xattr->value;
		size_t size = xattr->size;
		uint8_t acl[EXT4_BLOCK_BYTES];

		if (size > EXT4_BLOCK_BYTES)
			return error_input(err, "%s has %zu bytes, more than ext4 has room for",
					   xattr->name, size);
		if (acl_is_name(xattr->name)) {
			if (acl_to_disk(value, size, acl, &size, err) < 0)
				return -1;
			value = acl;
		}
		if (region_add(&inode, &attributes[i], value, (uint32_t)size)) {
			space->in_inode = true;
			continue;
		}
		if (!space->in_block)
			begin_block(space);
		if (!region_add(&block, &attributes[i], value, (uint32_t)size))
			return error_input(err,
					   "the extended attributes are more than the %u "
					   "bytes that ext4 has for them",
					   EXT4_BLOCK_BYTES);
	}
	if (space->in_block)
		end_block(space, &block);
	return 0;
}

int xattr_pack(const struct xattr_set *set, struct xattr_space *space, struct error *err)
{
	struct attribute attributes[ATTRIBUTES_MAX];
	uint32_t count = set ? set->count : 0;

	space->in_inode = space->in_block = false;
	if (count == 0)
		return 0;
	if (count > ATTRIBUTES_MAX)
		return error_input(err, "%u extended attributes are more than ext4 has room for",
				   count);
	for (uint32_t i = 0; i < count; i++) {
		if (split_name(&set->items[i], &attributes[i], err) < 0)
			return -1;
	}
	qsort(attributes, count, sizeof(attributes[0]), compare_attributes);
	memset(space->inode, 0, sizeof(space->inode));
	return add_attributes(attributes, count, space, err);
}
