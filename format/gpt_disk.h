// SPDX-License-Identifier: Apache-2.0
/* The table as it lies on the disk; private to the parser and the encoder. Spec: UEFI 2.10,
 * tables 5-3 to 5-6. */
#pragma once

#include <stdint.h>
#include <string.h>

#include "common/disk.h"
#include "format/gpt.h"

enum {
	GPT_REVISION = 0x00010000,
	GPT_HEADER_BYTES = 92, /* the part of the sector that the header's CRC covers */
	GPT_ENTRY_BYTES = 128,
	GPT_NAME_CHARS = 36,
	GPT_ENTRIES_LBA = 2,
	GPT_ENTRIES_SECTORS = GPT_MAX_PARTITIONS * GPT_ENTRY_BYTES / GPT_SECTOR_BYTES,
	GPT_FIRST_USABLE_LBA = GPT_ENTRIES_LBA + GPT_ENTRIES_SECTORS,
	MBR_TYPE_PROTECTIVE = 0xee,
	MBR_SIGNATURE = 0xaa55,
};

#define GPT_MAGIC "EFI PART"

struct mbr_disk_partition {
	uint8_t boot_indicator;
	uint8_t first_chs[3];
	uint8_t type;
	uint8_t last_chs[3];
	le32 first_lba;
	le32 sectors;
};
DISK_SIZE(struct mbr_disk_partition, 16);

struct mbr_disk {
	uint8_t code[446];
	struct mbr_disk_partition partitions[4];
	le16 signature;
};
DISK_AT(struct mbr_disk, partitions, 446);
DISK_AT(struct mbr_disk, signature, 510);
DISK_SIZE(struct mbr_disk, 512);

struct gpt_disk_header {
	uint8_t magic[8];
	le32 revision;
	le32 header_bytes;
	le32 header_crc; /* CRC-32 of the first header_bytes, with this field zero */
	le32 reserved;
	le64 my_lba;
	le64 alternate_lba; /* of the other copy */
	le64 first_usable_lba;
	le64 last_usable_lba; /* inclusive */
	uint8_t disk_guid[16];
	le64 entries_lba;
	le32 entry_count;
	le32 entry_bytes;
	le32 entries_crc; /* CRC-32 of entry_count * entry_bytes */
	uint8_t padding[420];
};
DISK_AT(struct gpt_disk_header, header_crc, 16);
DISK_AT(struct gpt_disk_header, my_lba, 24);
DISK_AT(struct gpt_disk_header, alternate_lba, 32);
DISK_AT(struct gpt_disk_header, first_usable_lba, 40);
DISK_AT(struct gpt_disk_header, last_usable_lba, 48);
DISK_AT(struct gpt_disk_header, disk_guid, 56);
DISK_AT(struct gpt_disk_header, entries_lba, 72);
DISK_AT(struct gpt_disk_header, entry_count, 80);
DISK_AT(struct gpt_disk_header, entries_crc, 88);
DISK_AT(struct gpt_disk_header, padding, GPT_HEADER_BYTES);
DISK_SIZE(struct gpt_disk_header, GPT_SECTOR_BYTES);

struct gpt_disk_entry {
	uint8_t type[16]; /* all zero: unused */
	uint8_t guid[16];
	le64 first_lba;
	le64 last_lba; /* inclusive */
	le64 attributes;
	le16 name[GPT_NAME_CHARS]; /* UTF-16 */
};
DISK_AT(struct gpt_disk_entry, first_lba, 32);
DISK_AT(struct gpt_disk_entry, name, 56);
DISK_SIZE(struct gpt_disk_entry, GPT_ENTRY_BYTES);

/* CRC-32 as in UEFI (ISO 3309). Bit by bit: it runs over 16 KiB, once. */
static inline uint32_t gpt_crc(const void *bytes, size_t size)
{
	const uint8_t *byte = bytes;
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= byte[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* A GUID's first three fields are little-endian on the disk (UEFI 2.10, appendix A); the exchange
 * is its own inverse. */
static inline void gpt_swap_guid(const uint8_t in[16], uint8_t out[16])
{
	static const uint8_t from[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < 16; i++)
		out[i] = in[from[i]];
}
