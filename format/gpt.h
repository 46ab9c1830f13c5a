// SPDX-License-Identifier: Apache-2.0
/* GUID partition table, in sectors of 512 bytes. Spec: UEFI 2.10, section 5. Ours: docs/format.md,
 * "Partition table".
 *
 * An image of ours has, in order: for each volume NAME-data and NAME-hash, and last `seal`. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "format/uuid.h"

enum {
	GPT_SECTOR_BYTES = 512,
	GPT_ALIGN_BYTES = 1 << 20,          /* partitions start on multiples of this */
	GPT_MAX_PARTITIONS = 128,           /* entries in the table, 128 bytes each */
	GPT_PRIMARY_BYTES = (2 + 32) * 512, /* at byte 0: MBR, header, entries */
	GPT_BACKUP_BYTES = (32 + 1) * 512,  /* at disk_bytes - this: entries, header */
	GPT_NAME_BYTES = 37,                /* 36 characters and a NUL */
};

/* Attribute bit 60 of the Discoverable Partitions Specification. All of our partitions have it. */
#define GPT_ATTRIBUTE_READ_ONLY (UINT64_C(1) << 60)

struct gpt_partition {
	struct uuid type;
	struct uuid uuid;
	uint64_t attributes;
	uint64_t offset_bytes;
	uint64_t size_bytes;
	char name[GPT_NAME_BYTES]; /* printable ASCII */
};

/* About 12 KiB. */
struct gpt {
	struct uuid disk;
	uint64_t disk_bytes; /* what the table says: up to the end of the backup header */
	size_t count;
	struct gpt_partition partitions[GPT_MAX_PARTITIONS];
};

/* Partition types. The root ones are the Discoverable Partitions Specification's, for signed root
 * volumes, chosen by architecture; GPT_TYPE_LINUX_DATA is for other signed data partitions; the
 * rest are podseal's own, so that nothing but podseal takes a sealed partition for its own. */
extern const struct uuid GPT_TYPE_ROOT_X86_64, GPT_TYPE_ROOT_VERITY_X86_64;
extern const struct uuid GPT_TYPE_ROOT_ARM64, GPT_TYPE_ROOT_VERITY_ARM64;
extern const struct uuid GPT_TYPE_LINUX_DATA;
extern const struct uuid GPT_TYPE_SEALED_DATA, GPT_TYPE_HASH, GPT_TYPE_SEAL;

/* Reads the primary table out of the first GPT_PRIMARY_BYTES of a disk of `disk_bytes` (the device
 * may be larger than the image, never smaller). The backup is not looked at. Partitions come in the
 * order of their entries. ERROR_INPUT: damaged, out of bounds, overlapping, or a name that is not
 * ASCII. */
int gpt_parse(const uint8_t primary[GPT_PRIMARY_BYTES], uint64_t disk_bytes, struct gpt *gpt,
	      struct error *err) MUST_CHECK;

/* The partition of that name, NULL if there is none or more than one. */
const struct gpt_partition *gpt_find(const struct gpt *gpt, const char *name);

/* Adds a partition of `size_bytes` (a multiple of 512) at the next multiple of GPT_ALIGN_BYTES
 * after the last one, and moves disk_bytes to where the disk then ends: the next multiple of
 * GPT_ALIGN_BYTES that leaves room for the backup. Start from a `struct gpt` of zeros. The pointer
 * stays good as long as *gpt; NULL with *err set when full or too large. */
struct gpt_partition *gpt_append(struct gpt *gpt, const struct uuid *type, const char *name,
				 uint64_t size_bytes, struct error *err) MUST_CHECK;

/* Both copies of the table, and the protective MBR in the primary one. ERROR_INPUT where
 * gpt_parse() would refuse the result. */
int gpt_encode(const struct gpt *gpt, uint8_t primary[GPT_PRIMARY_BYTES],
	       uint8_t backup[GPT_BACKUP_BYTES], struct error *err) MUST_CHECK;
