// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/library_cache.h"

#include <string.h>

#include "common/disk.h"

static const char signature[20] = "glibc-ld.so.cache1.1";

/* dl-cache.h: byte order, low two bits of `flags` */
enum { ORDER_MASK = 3, ORDER_UNSET = 0, ORDER_LITTLE = 2 };

/* ldconfig.h: FLAG_ELF_LIBC6 and the ABI */
enum { FLAGS_X86_64 = 0x0303, FLAGS_AARCH64 = 0x0a03 };

struct library_cache_disk_header {
	char signature[20];
	le32 count;
	le32 strings_bytes;
	uint8_t flags;
	uint8_t padding[3];
	le32 extension_offset;
	le32 reserved[3];
};
DISK_AT(struct library_cache_disk_header, count, 20);
DISK_AT(struct library_cache_disk_header, flags, 28);
DISK_SIZE(struct library_cache_disk_header, 48);

struct library_cache_disk_entry {
	le32 flags;
	le32 key;   /* the library's name */
	le32 value; /* its path */
	le32 os_version;
	le64 hwcap;
};
DISK_SIZE(struct library_cache_disk_entry, 24);

int library_cache_parse(const uint8_t *bytes, size_t size, struct library_cache *cache,
			struct error *err)
{
	struct library_cache_disk_header h;

	if (size == 0) {
		*cache = (struct library_cache){ 0 };
		return 0;
	}
	if (size < sizeof(h) || memcmp(bytes, signature, sizeof(signature)) != 0)
		return error_input(err, "not a library cache of glibc 2.32 or later");
	memcpy(&h, bytes, sizeof(h));
	uint8_t order = h.flags & ORDER_MASK;
	if (order != ORDER_UNSET && order != ORDER_LITTLE)
		return error_input(err, "a library cache in big-endian byte order");
	if (le32_get(h.count) > (size - sizeof(h)) / sizeof(struct library_cache_disk_entry))
		return error_input(err, "%u entries do not fit in a library cache of %zu bytes",
				   le32_get(h.count), size);
	*cache = (struct library_cache){ bytes, size, le32_get(h.count) };
	return 0;
}

static const char *text_at(const struct library_cache *cache, le32 at)
{
	size_t offset = le32_get(at);

	if (offset >= cache->size || !memchr(cache->bytes + offset, 0, cache->size - offset))
		return NULL;
	return (const char *)cache->bytes + offset;
}

const char *library_cache_find(const struct library_cache *cache, const char *name,
			       enum elf_machine machine)
{
	uint32_t flags = machine == ELF_X86_64 ? FLAGS_X86_64 : FLAGS_AARCH64;

	for (uint32_t i = 0; i < cache->count; i++) {
		struct library_cache_disk_entry e;
		memcpy(&e, cache->bytes + sizeof(struct library_cache_disk_header) + i * sizeof(e),
		       sizeof(e));
		if (le32_get(e.flags) != flags || le64_get(e.hwcap) != 0)
			continue;
		const char *key = text_at(cache, e.key), *value = text_at(cache, e.value);
		if (key && value && value[0] == '/' && strcmp(key, name) == 0)
			return value;
	}
	return NULL;
}
