// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/linux_image.h"

#include <string.h>

#include "common/disk.h"

/* boot.rst, "The Real-Mode Kernel Header": offsets in the file */
enum {
	SETUP_SECTORS_AT = 0x1f1,
	MAGIC_AT = 0x202, /* "HdrS" */
	VERSION_AT = 0x20e,
	HEADER_END = 0x210,
	VERSION_BASE = 0x200, /* what the field counts from */
	SECTOR_BYTES = 512,
	SETUP_SECTORS_DEFAULT = 4, /* what 0 means */
};

int linux_image_release(const uint8_t *bytes, size_t size, char release[LINUX_RELEASE_BYTES],
			struct error *err)
{
	le16 field;

	if (size < HEADER_END || memcmp(bytes + MAGIC_AT, "HdrS", 4) != 0) {
		release[0] = '\0';
		return 0;
	}
	memcpy(&field, bytes + VERSION_AT, sizeof(field));
	if (le16_get(field) == 0) {
		release[0] = '\0';
		return 0;
	}
	size_t sectors = bytes[SETUP_SECTORS_AT] ? bytes[SETUP_SECTORS_AT] : SETUP_SECTORS_DEFAULT;
	size_t end = (sectors + 1) * SECTOR_BYTES, at = le16_get(field) + (size_t)VERSION_BASE;
	if (end > size)
		end = size;
	size_t length = 0;
	while (at + length < end && bytes[at + length] > ' ' && bytes[at + length] < 0x7f)
		length++;
	if (length == 0 || at + length == end || length >= LINUX_RELEASE_BYTES)
		return error_input(err, "the kernel's version at byte %zu is not text", at);
	memcpy(release, bytes + at, length);
	release[length] = '\0';
	return 0;
}
