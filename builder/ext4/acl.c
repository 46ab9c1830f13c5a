// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/acl.h"

#include <string.h>

#include "common/disk.h"

enum {
	VALUE_VERSION = 2,
	DISK_VERSION = 1,
};

/* Tags of entries; only a named user's or group's has an ID on disk. */
enum {
	TAG_USER_OBJ = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

struct acl_disk_header {
	le32 version;
};

struct acl_disk_entry {
	le16 tag;
	le16 permissions;
	le32 id;
};
DISK_SIZE(struct acl_disk_entry, 8);

enum {
	SHORT_BYTES = 4, /* an entry without its ID */
	LONG_BYTES = sizeof(struct acl_disk_entry),
};

bool acl_is_name(const char *name)
{
	return strcmp(name, "system.posix_acl_access") == 0 ||
	       strcmp(name, "system.posix_acl_default") == 0;
}

static bool tag_has_id(uint16_t tag)
{
	return tag == TAG_USER || tag == TAG_GROUP;
}

static bool tag_known(uint16_t tag)
{
	return tag_has_id(tag) || tag == TAG_USER_OBJ || tag == TAG_GROUP_OBJ || tag == TAG_MASK ||
	       tag == TAG_OTHER;
}

static bool has_version(const uint8_t *acl, size_t size, uint32_t version)
{
	struct acl_disk_header header;
	if (size < sizeof(header))
		return false;
	memcpy(&header, acl, sizeof(header));
	return le32_get(header.version) == version;
}

static size_t put_version(uint8_t *acl, uint32_t version)
{
	struct acl_disk_header header = { le32_put(version) };
	memcpy(acl, &header, sizeof(header));
	return sizeof(header);
}

int acl_to_disk(const uint8_t *value, size_t size, uint8_t *disk, size_t *disk_size,
		struct error *err)
{
	size_t at = sizeof(struct acl_disk_header);
	if (!has_version(value, size, VALUE_VERSION) || (size - at) % LONG_BYTES != 0 || size == at)
		return error_input(err, "the POSIX ACL is malformed");

	size_t out = put_version(disk, DISK_VERSION);
	for (; at < size; at += LONG_BYTES) {
		struct acl_disk_entry entry;
		memcpy(&entry, value + at, sizeof(entry));
		uint16_t tag = le16_get(entry.tag);
		if (!tag_known(tag))
			return error_input(err, "the POSIX ACL has an entry of unknown kind 0x%x",
					   tag);
		size_t bytes = tag_has_id(tag) ? LONG_BYTES : SHORT_BYTES;
		memcpy(disk + out, &entry, bytes);
		out += bytes;
	}
	*disk_size = out;
	return 0;
}

int acl_from_disk(const uint8_t *disk, size_t disk_size, uint8_t *value, size_t *size,
		  struct error *err)
{
	size_t at = sizeof(struct acl_disk_header);
	if (!has_version(disk, disk_size, DISK_VERSION))
		return error_input(err, "the POSIX ACL is malformed");

	size_t out = put_version(value, VALUE_VERSION);
	while (at < disk_size) {
		/* As getxattr(2) has it: no ID is all ones (ACL_UNDEFINED_ID). */
		struct acl_disk_entry entry = { .id = le32_put(UINT32_MAX) };
		if (disk_size - at < SHORT_BYTES)
			return error_input(err, "the POSIX ACL is cut short");
		memcpy(&entry, disk + at, SHORT_BYTES);
		uint16_t tag = le16_get(entry.tag);
		size_t bytes = tag_has_id(tag) ? LONG_BYTES : SHORT_BYTES;
		if (!tag_known(tag) || disk_size - at < bytes)
			return error_input(err, "the POSIX ACL is malformed");
		memcpy(&entry, disk + at, bytes);
		memcpy(value + out, &entry, sizeof(entry));
		at += bytes;
		out += sizeof(entry);
	}
	*size = out;
	return 0;
}
