// SPDX-License-Identifier: Apache-2.0
/* Device-mapper tables, as text. All of it follows from the accepted descriptor and from where the
 * partitions lie; nothing is taken from a superblock or a LUKS2 header, which the host could have
 * written. Spec: kernel Documentation/admin-guide/device-mapper/{linear,verity,dm-crypt}.rst. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "format/descriptor.h"

enum {
	TABLE_TEXT_BYTES = 512,
	TABLE_SECTOR_BYTES = 512, /* what device-mapper counts in, whatever the block size */
};

struct device_number {
	uint32_t major, minor;
};

struct table {
	uint64_t sectors;
	const char *target;
	char text[TABLE_TEXT_BYTES];
};

/* A volume's data partition. dm-verity takes a whole device only, and the kernel's own partitions
 * would be as the host's kernel-visible table has them at another moment. `offset_bytes` is a
 * multiple of 512. */
int table_linear(const struct descriptor_volume *volume, struct device_number disk,
		 uint64_t offset_bytes, struct table *table, struct error *err) MUST_CHECK;

/* dm-verity over that device; the hash tree begins a block, the superblock's, after byte
 * `hash_offset_bytes` of `disk`, a multiple of 4096. With no optional argument: a block that does
 * not match is an I/O error, and every block is checked each time it is read from the disk, not
 * only the first, since the host may change it later. */
int table_verity(const struct descriptor_volume *volume, struct device_number data,
		 struct device_number disk, uint64_t hash_offset_bytes, struct table *table,
		 struct error *err) MUST_CHECK;

/* dm-crypt over that, for a sealed volume. The key is named, not held: "KEY_PREFIX<name>" in the
 * keyrings of whoever loads the table. IVs count 512-byte sectors, from 0 at the payload, as LUKS2
 * has it. */
#define TABLE_KEY_PREFIX "podseal:"
int table_crypt(const struct descriptor_volume *volume, struct device_number verity,
		struct table *table, struct error *err) MUST_CHECK;
