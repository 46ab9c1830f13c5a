// SPDX-License-Identifier: Apache-2.0
/* Nothing in an image is random: every UUID and salt is derived, so that the same inputs and key
 * give the same bytes. All by HKDF-SHA-256 (RFC 5869) with an empty salt and
 * `info` = "podseal/1/<label>" or, for what a volume has of its own, "podseal/1/<label>/<volume>".
 * Ours: docs/format.md, "Derivations". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/resource_path.h"
#include "format/uuid.h"

enum {
	DERIVE_SALT_BYTES = 32,
	DERIVE_HEADER_SALT_BYTES = 64,
	DERIVE_INPUTS_BYTES = 32,
};

/* The labels, and what each is derived from. */
#define DERIVE_FS_UUID              "fs-uuid"              /* inputs */
#define DERIVE_FS_HASH_SEED         "fs-hash-seed"         /* inputs */
#define DERIVE_VERITY_UUID          "verity-uuid"          /* sealed: key, signed: inputs */
#define DERIVE_VERITY_SALT          "verity-salt"          /* sealed: key, signed: inputs */
#define DERIVE_LUKS2_UUID           "luks2-uuid"           /* key */
#define DERIVE_LUKS2_DIGEST_SALT    "luks2-digest-salt"    /* key */
#define DERIVE_LUKS2_PRIMARY_SALT   "luks2-primary-salt"   /* key */
#define DERIVE_LUKS2_SECONDARY_SALT "luks2-secondary-salt" /* key */
#define DERIVE_KEY_ID               "key-id"               /* key */
#define DERIVE_DISK_UUID            "disk-uuid"            /* seal digest */
#define DERIVE_SEAL_PARTITION_UUID  "seal-partition-uuid"  /* seal digest */

/* UUIDs have the version and variant bits of RFC 9562, version 8. */
struct derive_fs {
	struct uuid uuid;
	struct uuid hash_seed;
};

struct derive_verity {
	struct uuid uuid; /* of the superblock */
	uint8_t salt[DERIVE_SALT_BYTES];
};

struct derive_luks2 {
	struct uuid uuid;
	uint8_t digest_salt[DERIVE_SALT_BYTES];
	uint8_t primary_salt[DERIVE_HEADER_SALT_BYTES];
	uint8_t secondary_salt[DERIVE_HEADER_SALT_BYTES];
};

struct derive_disk {
	struct uuid disk;
	struct uuid seal_partition;
};

/* `inputs`: a digest over all that determines the volume's plaintext, made by the builder. It is
 * the same whether the volume is sealed or signed, and so is the file system. */
int derive_fs(const uint8_t inputs[DERIVE_INPUTS_BYTES], const char *volume, struct derive_fs *fs,
	      struct error *err) MUST_CHECK;

/* `from`: the volume key where the volume is sealed, `inputs` where it is signed. */
int derive_verity(const uint8_t *from, size_t from_size, const char *volume,
		  struct derive_verity *verity, struct error *err) MUST_CHECK;

/* `key`: the volume key, LUKS2_KEY_BYTES. */
int derive_luks2(const uint8_t *key, size_t key_size, const char *volume,
		 struct derive_luks2 *luks2, struct error *err) MUST_CHECK;

/* The resource path a broker keeps the key under unless the user names one:
 * "podseal/key/<16 hexadecimal digits>". */
int derive_key_id(const uint8_t *key, size_t key_size, char key_id[RESOURCE_PATH_BYTES],
		  struct error *err) MUST_CHECK;

int derive_disk(const uint8_t seal_digest[32], struct derive_disk *disk, struct error *err)
	MUST_CHECK;
