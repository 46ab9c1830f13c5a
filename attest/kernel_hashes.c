// SPDX-License-Identifier: Apache-2.0
#include "attest/kernel_hashes.h"

#include <string.h>

#include "common/disk.h"
#include "common/sha2.h"

struct hashes_disk_entry {
	uint8_t guid[16];
	le16 length;
	uint8_t hash[32];
};

struct hashes_disk_table {
	uint8_t guid[16];
	le16 length; /* without the padding */
	struct hashes_disk_entry cmdline, initrd, kernel;
	uint8_t padding[8];
};
DISK_AT(struct hashes_disk_table, padding, 168);
DISK_SIZE(struct hashes_disk_table, KERNEL_HASHES_BYTES);

/* GUIDs as they lie in memory: the first three groups little-endian */
static const uint8_t guid_table[16] = { /* 9438d606-4f22-4cc9-b479-a793d411fd21 */
					0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
					0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21
};
static const uint8_t guid_kernel[16] = { /* 4de79437-abd2-427f-b835-d5b172d2045b */
					 0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42,
					 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b
};
static const uint8_t guid_initrd[16] = { /* 44baf731-3a2f-4bd7-9af1-41e29169781d */
					 0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b,
					 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d
};
static const uint8_t guid_cmdline[16] = { /* 97d02dd8-bd20-4c94-aa78-e7714d36ab2a */
					  0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c,
					  0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a
};

static struct hashes_disk_entry entry(const uint8_t guid[16], const uint8_t hash[32])
{
	struct hashes_disk_entry e = { .length = le16_put(sizeof(e)) };

	memcpy(e.guid, guid, sizeof(e.guid));
	memcpy(e.hash, hash, sizeof(e.hash));
	return e;
}

void kernel_hashes_build(const struct measure_kernel *kernel, uint8_t table[KERNEL_HASHES_BYTES])
{
	struct hashes_disk_table t = {
		.length = le16_put(sizeof(t) - sizeof(t.padding)),
		.cmdline = entry(guid_cmdline, kernel->cmdline),
		.initrd = entry(guid_initrd, kernel->initrd),
		.kernel = entry(guid_kernel, kernel->kernel),
	};

	memcpy(t.guid, guid_table, sizeof(t.guid));
	memcpy(table, &t, sizeof(t));
}

void measure_cmdline(const char *cmdline, uint8_t hash[MEASURE_HASH_BYTES])
{
	sha2_256(cmdline, strlen(cmdline) + 1, hash);
}
