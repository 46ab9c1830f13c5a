// SPDX-License-Identifier: Apache-2.0
#include "guest-init/tables.h"

#include <assert.h>
#include <stdio.h>

#include "common/checked.h"
#include "common/hex.h"

_Static_assert(DESCRIPTOR_BLOCK_BYTES == 4096, "written so in the tables below");

static int volume_bytes(const struct descriptor_volume *volume, uint64_t *bytes, struct error *err)
{
	if (volume->verity.data_blocks == 0 ||
	    !mul_u64(volume->verity.data_blocks, DESCRIPTOR_BLOCK_BYTES, bytes))
		return error_input(err, "%llu data blocks",
				   (unsigned long long)volume->verity.data_blocks);
	return 0;
}

int table_linear(const struct descriptor_volume *volume, struct device_number disk,
		 uint64_t offset_bytes, struct table *table, struct error *err)
{
	uint64_t bytes = 0;

	assert(offset_bytes % TABLE_SECTOR_BYTES == 0);
	if (volume_bytes(volume, &bytes, err) < 0)
		return -1;
	table->sectors = bytes / TABLE_SECTOR_BYTES;
	table->target = "linear";
	(void)snprintf(table->text, sizeof(table->text), "%u:%u %llu", disk.major, disk.minor,
		       (unsigned long long)(offset_bytes / TABLE_SECTOR_BYTES));
	return 0;
}

int table_verity(const struct descriptor_volume *volume, struct device_number data,
		 struct device_number disk, uint64_t hash_offset_bytes, struct table *table,
		 struct error *err)
{
	char root[2 * DESCRIPTOR_ROOT_HASH_BYTES + 1], salt[2 * DESCRIPTOR_SALT_BYTES + 1];
	uint64_t bytes = 0;

	if (hash_offset_bytes % DESCRIPTOR_BLOCK_BYTES != 0)
		return error_input(err, "the hash partition begins at byte %llu, not at a block",
				   (unsigned long long)hash_offset_bytes);
	if (volume_bytes(volume, &bytes, err) < 0)
		return -1;
	hex_encode(volume->verity.root_hash, sizeof(volume->verity.root_hash), root);
	hex_encode(volume->verity.salt, sizeof(volume->verity.salt), salt);
	table->sectors = bytes / TABLE_SECTOR_BYTES;
	table->target = "verity";
	(void)snprintf(
		table->text, sizeof(table->text),
		"1 %u:%u %u:%u 4096 4096 %llu %llu " DESCRIPTOR_ALGORITHM " %s %s", data.major,
		data.minor, disk.major, disk.minor, (unsigned long long)volume->verity.data_blocks,
		(unsigned long long)(hash_offset_bytes / DESCRIPTOR_BLOCK_BYTES + 1), root, salt);
	return 0;
}

int table_crypt(const struct descriptor_volume *volume, struct device_number verity,
		struct table *table, struct error *err)
{
	uint64_t bytes = 0;

	assert(volume->sealed);
	if (volume_bytes(volume, &bytes, err) < 0)
		return -1;
	if (volume->crypt.offset_bytes >= bytes ||
	    volume->crypt.offset_bytes % DESCRIPTOR_BLOCK_BYTES != 0)
		return error_input(err, "the payload begins at byte %llu of %llu",
				   (unsigned long long)volume->crypt.offset_bytes,
				   (unsigned long long)bytes);
	table->sectors = (bytes - volume->crypt.offset_bytes) / TABLE_SECTOR_BYTES;
	table->target = "crypt";
	(void)snprintf(table->text, sizeof(table->text),
		       DESCRIPTOR_CIPHER " :%d:logon:" TABLE_KEY_PREFIX
					 "%s 0 %u:%u %llu 1 sector_size:4096",
		       DESCRIPTOR_KEY_BYTES, volume->name, verity.major, verity.minor,
		       (unsigned long long)(volume->crypt.offset_bytes / TABLE_SECTOR_BYTES));
	return 0;
}

/* dm-integrity lays the disk out in areas, each 16 MiB of data behind the 128 KiB of their tags: 1
 * block of tags to 128 of data. Before the first: its superblock (4 KiB) and a journal, which is
 * never used here and has its least size (132 KiB); the last area has room for all tags however
 * little data it has. Kernel, drivers/md/dm-integrity.c, calculate_device_limits(). */
enum {
	INTEGRITY_AREA_SECTORS = (16 << 20) / TABLE_SECTOR_BYTES,
	INTEGRITY_OVERHEAD_BYTES = 1 << 20,
	INTEGRITY_BLOCKS_PER_TAG_BLOCK = DESCRIPTOR_BLOCK_BYTES / SCRATCH_TAG_BYTES,
};

int table_integrity(struct device_number disk, uint64_t disk_bytes, struct table *table,
		    struct error *err)
{
	if (disk_bytes < SCRATCH_MIN_BYTES)
		return error_input(err, "%llu bytes, at least %d", (unsigned long long)disk_bytes,
				   SCRATCH_MIN_BYTES);
	uint64_t blocks = (disk_bytes - INTEGRITY_OVERHEAD_BYTES) / DESCRIPTOR_BLOCK_BYTES;
	blocks = blocks / (INTEGRITY_BLOCKS_PER_TAG_BLOCK + 1) * INTEGRITY_BLOCKS_PER_TAG_BLOCK;
	if (blocks > UINT32_MAX)
		blocks = UINT32_MAX;
	table->sectors = blocks * (DESCRIPTOR_BLOCK_BYTES / TABLE_SECTOR_BYTES);
	table->target = "integrity";
	(void)snprintf(table->text, sizeof(table->text),
		       "%u:%u 0 %d D 3 block_size:4096 interleave_sectors:%d journal_sectors:1",
		       disk.major, disk.minor, SCRATCH_TAG_BYTES, INTEGRITY_AREA_SECTORS);
	return 0;
}

void table_scratch(struct device_number integrity, uint64_t sectors, struct table *table)
{
	table->sectors = sectors;
	table->target = "crypt";
	(void)snprintf(table->text, sizeof(table->text),
		       "capi:authenc(hmac(sha256),xts(aes))-plain64 :%d:logon:" SCRATCH_KEY
		       " 0 %u:%u 0 2 integrity:%d:aead sector_size:4096",
		       SCRATCH_KEY_BYTES, integrity.major, integrity.minor, SCRATCH_TAG_BYTES);
}
