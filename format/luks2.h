// SPDX-License-Identifier: Apache-2.0
/* The LUKS2 header of a sealed volume: no keyslot, one digest over the volume key, one segment.
 * Deterministic. Spec: LUKS2 On-Disk Format Specification 1.1. Ours: docs/format.md, "LUKS2
 * header".
 *
 * No reader takes a parameter from here: those are the descriptor's. The header serves for one
 * thing, to tell a wrong key before anything is decrypted; the guest does without it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "format/derive.h"
#include "format/uuid.h"

enum {
	LUKS2_KEY_BYTES = 64, /* AES-256-XTS */
	LUKS2_SECTOR_BYTES = 4096,
	LUKS2_HEADER_BYTES = 2 * 16384, /* both copies; from there to the payload all is zero */
	LUKS2_PAYLOAD_OFFSET_BYTES = 16 << 20,
	LUKS2_LABEL_BYTES = 48,         /* with the NUL */
	LUKS2_DIGEST_ITERATIONS = 1000, /* PBKDF2; the key is uniform, so no more is gained */
};

/* What a header says. */
struct luks2 {
	struct uuid uuid;
	char label[LUKS2_LABEL_BYTES]; /* [a-z0-9-]*: the volume's name */
	uint8_t primary_salt[DERIVE_HEADER_SALT_BYTES];
	uint8_t secondary_salt[DERIVE_HEADER_SALT_BYTES];
	uint8_t digest_salt[DERIVE_SALT_BYTES];
	uint8_t digest[32]; /* PBKDF2-HMAC-SHA-256 of the volume key */
};

/* The first LUKS2_HEADER_BYTES of the container. `derived` is derive_luks2()'s for the same key. */
int luks2_encode(const uint8_t key[LUKS2_KEY_BYTES], const struct derive_luks2 *derived,
		 const char *label, uint8_t header[LUKS2_HEADER_BYTES], struct error *err)
	MUST_CHECK;

/* Only what luks2_encode() writes, both copies; ERROR_INPUT for anything else. `size` is at least
 * LUKS2_HEADER_BYTES; what follows those is not looked at. */
int luks2_parse(const uint8_t *header, size_t size, struct luks2 *luks2, struct error *err)
	MUST_CHECK;

/* ERROR_MISMATCH if the digest is not of this key; constant time. */
int luks2_verify_key(const struct luks2 *luks2, const uint8_t key[LUKS2_KEY_BYTES],
		     struct error *err) MUST_CHECK;
