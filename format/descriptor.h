// SPDX-License-Identifier: Apache-2.0
/* The descriptor: everything a guest needs to open the volumes of one image, public, in canonical
 * JSON (RFC 8785). Ours: docs/format.md, "Descriptor".
 *
 * What version 1 leaves no choice in (algorithm, block sizes, cipher, key size, sector size, file
 * system) is checked and then is not a member here: there is nothing to carry on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/resource_path.h"
#include "format/uuid.h"

enum {
	DESCRIPTOR_FORMAT = 1,
	DESCRIPTOR_MAX_VOLUMES = 8,
	DESCRIPTOR_NAME_BYTES = 17,    /* 16 characters and a NUL */
	DESCRIPTOR_PATH_BYTES = 256,   /* with the NUL */
	DESCRIPTOR_BLOCK_BYTES = 4096, /* verity's data and hash blocks, dm-crypt's sectors */
	DESCRIPTOR_SALT_BYTES = 32,
	DESCRIPTOR_ROOT_HASH_BYTES = 32,
	DESCRIPTOR_KEY_BYTES = 64,
	DESCRIPTOR_POLICY_BYTES = 32, /* SHA-256 */
};

#define DESCRIPTOR_CIPHER    "aes-xts-plain64"
#define DESCRIPTOR_ALGORITHM "sha256"
#define DESCRIPTOR_FS        "ext4"

enum descriptor_arch {
	DESCRIPTOR_X86_64,
	DESCRIPTOR_AARCH64,
};

struct descriptor_verity {
	uint64_t data_blocks; /* of 4096 bytes: all of the data partition */
	uint8_t salt[DESCRIPTOR_SALT_BYTES];
	uint8_t root_hash[DESCRIPTOR_ROOT_HASH_BYTES];
};

struct descriptor_crypt {
	uint64_t
		offset_bytes; /* of the payload in the data partition: LUKS2_PAYLOAD_OFFSET_BYTES */
	char key_id[RESOURCE_PATH_BYTES];
};

struct descriptor_volume {
	char name[DESCRIPTOR_NAME_BYTES]; /* [a-z0-9-]{1,16}; partitions are NAME-data, NAME-hash */
	char mount[DESCRIPTOR_PATH_BYTES]; /* absolute and normalised */
	struct uuid data_uuid;
	struct uuid hash_uuid;
	struct descriptor_verity verity;
	bool sealed;
	struct descriptor_crypt crypt; /* of a sealed volume */
};

/* About 6 KiB. The first volume is mounted at "/"; a volume is listed after the one that holds its
 * mount point. */
struct descriptor {
	enum descriptor_arch arch;
	char init[DESCRIPTOR_PATH_BYTES]; /* "" where the descriptor names none */
	bool has_kata_policy;             /* sealed for Kata: below is its agent policy's SHA-256 */
	uint8_t kata_policy[DESCRIPTOR_POLICY_BYTES];
	size_t count; /* 1 to DESCRIPTOR_MAX_VOLUMES */
	struct descriptor_volume volumes[DESCRIPTOR_MAX_VOLUMES];
};

/* ERROR_INPUT, naming the member, for anything but the canonical form of a descriptor whose every
 * member is known and in range. */
int descriptor_parse(const uint8_t *bytes, size_t size, struct descriptor *descriptor,
		     struct error *err) MUST_CHECK;

/* The canonical bytes. The caller frees *bytes. ERROR_INPUT where descriptor_parse() would refuse
 * them. */
int descriptor_encode(const struct descriptor *descriptor, uint8_t **bytes, size_t *size,
		      struct error *err) MUST_CHECK;

/* `init` may stand in a descriptor: an absolute, normalised path below "/", of printable ASCII
 * without
 * '"' and '\\', shorter than DESCRIPTOR_PATH_BYTES. */
bool descriptor_init_valid(const char *init);

/* The machine name as `uname -m` and the descriptor say it ("x86_64", "aarch64"). */
const char *descriptor_arch_name(enum descriptor_arch arch);

/* The partition types of a volume, by its mount point and whether it is sealed (docs/format.md,
 * "Partition types"). */
void descriptor_partition_types(enum descriptor_arch arch, const struct descriptor_volume *volume,
				struct uuid *data, struct uuid *hash);

/* Both partition UUIDs are what uuid_from_root_hash() makes of the root hash. The parser does not
 * ask for it; a reviewer does. */
bool descriptor_uuids_match(const struct descriptor_volume *volume);
