// SPDX-License-Identifier: Apache-2.0
/* The `seal` partition: the descriptor and its optional signature, as bytes; and the seal digest,
 * the one value that names an image. Ours: docs/format.md, "Seal partition". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	SEAL_BLOCK_BYTES = 4096, /* the partition is a multiple of this */
	SEAL_DESCRIPTOR_MAX_BYTES = 65536,
	SEAL_SIGNATURE_MAX_BYTES = 65536,
	SEAL_MAX_BYTES = 4096 + 65536 + 65536,
	SEAL_DIGEST_BYTES = 32,
	SEAL_DIGEST_TEXT_BYTES = 72, /* "sha256:", 64 digits, NUL */
};

/* Ranges borrowed from whoever filled it in. No signature: NULL and 0. */
struct seal {
	const uint8_t *descriptor;
	size_t descriptor_bytes;
	const uint8_t *signature; /* CMS, DER */
	size_t signature_bytes;
};

/* `partition` is the whole partition, which is 4096 to SEAL_MAX_BYTES. The ranges point into it.
 * What the descriptor says is not looked at. */
int seal_parse(const uint8_t *partition, size_t size, struct seal *seal, struct error *err)
	MUST_CHECK;

/* The whole partition. The caller frees *partition. */
int seal_encode(const struct seal *seal, uint8_t **partition, size_t *size, struct error *err)
	MUST_CHECK;

/* SHA-256 of the descriptor's bytes. */
void seal_digest(const uint8_t *descriptor, size_t size, uint8_t digest[SEAL_DIGEST_BYTES]);

/* "sha256:<64 lower-case digits>" */
void seal_digest_to_text(const uint8_t digest[SEAL_DIGEST_BYTES],
			 char text[SEAL_DIGEST_TEXT_BYTES]);
/* Exactly that form. ERROR_INPUT for anything else. */
int seal_digest_from_text(const char *text, uint8_t digest[SEAL_DIGEST_BYTES], struct error *err)
	MUST_CHECK;
