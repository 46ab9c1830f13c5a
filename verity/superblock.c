// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/checked.h"
#include "common/disk.h"
#include "common/io.h"
#include "verity/verity.h"
#include "verity/verity_private.h"

/* dm-verity superblock, 512 bytes, at byte 0 of a hash area. Spec: cryptsetup wiki, DMVerity,
 * "Verity superblock format". Ours: docs/format.md, "Hash partition". */
struct verity_disk_superblock {
	uint8_t signature[8]; /* "verity\0\0" */
	le32 version;         /* 1 */
	le32 hash_type;       /* 0: salt last, 1: salt first */
	uint8_t uuid[16];     /* in the order of its text */
	uint8_t algorithm[32];
	le32 data_block_size; /* bytes */
	le32 hash_block_size; /* bytes */
	le64 data_blocks;     /* in data blocks, not bytes */
	le16 salt_size;       /* bytes */
	uint8_t reserved1[6]; /* zero */
	uint8_t salt[VERITY_SALT_MAX_BYTES];
	uint8_t reserved2[168]; /* zero */
};
DISK_AT(struct verity_disk_superblock, version, 8);
DISK_AT(struct verity_disk_superblock, hash_type, 12);
DISK_AT(struct verity_disk_superblock, uuid, 16);
DISK_AT(struct verity_disk_superblock, algorithm, 32);
DISK_AT(struct verity_disk_superblock, data_block_size, 64);
DISK_AT(struct verity_disk_superblock, hash_block_size, 68);
DISK_AT(struct verity_disk_superblock, data_blocks, 72);
DISK_AT(struct verity_disk_superblock, salt_size, 80);
DISK_AT(struct verity_disk_superblock, salt, 88);
DISK_SIZE(struct verity_disk_superblock, VERITY_SUPERBLOCK_BYTES);

enum { SUPERBLOCK_VERSION = 1 };
static const uint8_t signature[8] = "verity\0";
static const uint8_t algorithm[32] = "sha256";

static bool block_size_valid(uint32_t size)
{
	return size >= VERITY_BLOCK_MIN_BYTES && size <= VERITY_BLOCK_MAX_BYTES &&
	       (size & (size - 1)) == 0;
}

int verity_params_check(const struct verity_params *params, struct error *err)
{
	uint64_t bytes;

	if (params->hash_type != VERITY_SALT_LAST && params->hash_type != VERITY_SALT_FIRST)
		return error_input(err, "hash type is %u, not 0 or 1", (unsigned)params->hash_type);
	if (!block_size_valid(params->data_block_size))
		return error_input(err, "data block size is %u, not a power of two from %u to %u",
				   params->data_block_size, VERITY_BLOCK_MIN_BYTES,
				   VERITY_BLOCK_MAX_BYTES);
	if (!block_size_valid(params->hash_block_size))
		return error_input(err, "hash block size is %u, not a power of two from %u to %u",
				   params->hash_block_size, VERITY_BLOCK_MIN_BYTES,
				   VERITY_BLOCK_MAX_BYTES);
	if (params->salt_size > VERITY_SALT_MAX_BYTES)
		return error_input(err, "salt is %zu bytes, at most %u", params->salt_size,
				   VERITY_SALT_MAX_BYTES);
	if (params->data_blocks == 0)
		return error_input(err, "there are no data blocks");
	if (!mul_u64(params->data_blocks, params->data_block_size, &bytes) || bytes > INT64_MAX)
		return error_input(err, "%llu data blocks of %u bytes are too many",
				   (unsigned long long)params->data_blocks,
				   params->data_block_size);
	return 0;
}

int verity_superblock_parse(const uint8_t *bytes, size_t size, struct verity_params *params,
			    struct error *err)
{
	struct verity_disk_superblock disk;

	if (size < sizeof(disk))
		return error_input(err, "superblock is %zu bytes, not %zu", size, sizeof(disk));
	memcpy(&disk, bytes, sizeof(disk));
	if (memcmp(disk.signature, signature, sizeof(signature)) != 0)
		return error_input(err, "not a verity superblock");
	if (le32_get(disk.version) != SUPERBLOCK_VERSION)
		return error_input(err, "superblock version is %u, not %d", le32_get(disk.version),
				   SUPERBLOCK_VERSION);
	if (memcmp(disk.algorithm, algorithm, sizeof(algorithm)) != 0)
		return error_input(err, "hash algorithm is \"%.*s\", not sha256",
				   (int)sizeof(disk.algorithm), (const char *)disk.algorithm);
	struct verity_params p = {
		.hash_type = (enum verity_hash_type)le32_get(disk.hash_type),
		.data_block_size = le32_get(disk.data_block_size),
		.hash_block_size = le32_get(disk.hash_block_size),
		.data_blocks = le64_get(disk.data_blocks),
		.salt_size = le16_get(disk.salt_size),
	};
	if (verity_params_check(&p, err) < 0)
		return -1;
	if (!is_zero(disk.reserved1, sizeof(disk.reserved1)) ||
	    !is_zero(disk.reserved2, sizeof(disk.reserved2)))
		return error_input(err, "reserved bytes of the superblock are not zero");
	if (!is_zero(disk.salt + p.salt_size, sizeof(disk.salt) - p.salt_size))
		return error_input(err, "bytes after the superblock's salt are not zero");
	memcpy(p.salt, disk.salt, p.salt_size);
	memcpy(p.uuid.bytes, disk.uuid, sizeof(disk.uuid));
	*params = p;
	return 0;
}

int verity_superblock_encode(const struct verity_params *params,
			     uint8_t superblock[VERITY_SUPERBLOCK_BYTES], struct error *err)
{
	struct verity_disk_superblock disk = { 0 };

	if (verity_params_check(params, err) < 0)
		return -1;
	memcpy(disk.signature, signature, sizeof(signature));
	memcpy(disk.algorithm, algorithm, sizeof(algorithm));
	memcpy(disk.uuid, params->uuid.bytes, sizeof(disk.uuid));
	memcpy(disk.salt, params->salt, params->salt_size);
	disk.version = le32_put(SUPERBLOCK_VERSION);
	disk.hash_type = le32_put((uint32_t)params->hash_type);
	disk.data_block_size = le32_put(params->data_block_size);
	disk.hash_block_size = le32_put(params->hash_block_size);
	disk.data_blocks = le64_put(params->data_blocks);
	disk.salt_size = le16_put((uint16_t)params->salt_size);
	memcpy(superblock, &disk, sizeof(disk));
	return 0;
}

int verity_superblock_read(int fd, uint64_t offset, struct verity_params *params, struct error *err)
{
	uint8_t superblock[VERITY_SUPERBLOCK_BYTES];

	if (pread_exact(fd, superblock, sizeof(superblock), offset, err) < 0)
		return -1;
	return verity_superblock_parse(superblock, sizeof(superblock), params, err);
}
