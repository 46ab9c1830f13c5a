// SPDX-License-Identifier: Apache-2.0
/* Device-mapper tables, as text. All of it follows from the accepted descriptor and from where the
 * partitions lie; nothing is taken from a superblock or a LUKS2 header, which the host could have
 * written. Spec: kernel
 * Documentation/admin-guide/device-mapper/{linear,verity,dm-crypt,dm-integrity}.rst. */
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

/* dm-integrity on the whole scratch disk of `disk_bytes`: beside each block of 4096 bytes room for
 * SCRATCH_TAG_BYTES, the tag that dm-crypt above it makes. There is no journal, since nothing is to
 * survive a crash. *table is as long as is sure to fit, so it need not be asked of the superblock,
 * which the host could change; of a disk beyond 16 TiB, ext4's limit, the rest is left unused.
 * ERROR_INPUT: a disk of less than SCRATCH_MIN_BYTES. */
enum {
	SCRATCH_TAG_BYTES = 32,       /* HMAC-SHA-256 */
	SCRATCH_KEY_BYTES = 64 + 32,  /* AES-256-XTS, then HMAC-SHA-256 */
	SCRATCH_MIN_BYTES = 16 << 20, /* of the disk */
};
int table_integrity(struct device_number disk, uint64_t disk_bytes, struct table *table,
		    struct error *err) MUST_CHECK;

/* dm-crypt over that: encrypt-then-MAC, the block's number under the MAC as well, so that a block
 * that the host changed or put elsewhere is an I/O error. The key, SCRATCH_KEY_BYTES, is in the
 * keyring under the name SCRATCH_KEY. `sectors`: as long as the table below. */
#define SCRATCH_KEY TABLE_KEY_PREFIX "scratch"
void table_scratch(struct device_number integrity, uint64_t sectors, struct table *table);
