// SPDX-License-Identifier: Apache-2.0
/* ID block and ID authentication: the guest owner's signed statement of what a launch must measure.
 * The firmware refuses to finish a launch that differs, and puts the digests of the keys into every
 * report. Spec: 56860, "SNP_LAUNCH_FINISH", tables of the ID block and of the ID authentication
 * information structure. */
#pragma once

#include <stdint.h>

#include <openssl/evp.h>

#include "attest/snp_report.h"
#include "common/error.h"

enum {
	ID_BLOCK_BYTES = 96,
	ID_AUTH_BYTES = 4096,
};

struct id_block {
	uint8_t launch_digest[SNP_DIGEST_BYTES];
	uint8_t family_id[16];
	uint8_t image_id[16];
	uint32_t guest_svn;
	uint64_t policy; /* the guest policy of the launch, exactly */
};

struct id_block_signed {
	uint8_t block[ID_BLOCK_BYTES];
	uint8_t auth[ID_AUTH_BYTES];
	uint8_t id_key_digest[SNP_DIGEST_BYTES];     /* as the report will show it */
	uint8_t author_key_digest[SNP_DIGEST_BYTES]; /* zero without an author key */
};

/* Signs `block` with `id_key`, and `id_key` with `author_key` unless that is NULL; both are private
 * keys on P-384 (ERROR_INPUT for others). QEMU takes block and auth in base64 as `id-block` and
 * `id-auth` of sev-snp-guest (with `author-key-enabled=on` for an author key), Kata as
 * `snp_id_block` and `snp_id_auth`. */
int id_block_sign(const struct id_block *block, EVP_PKEY *id_key, EVP_PKEY *author_key,
		  struct id_block_signed *result, struct error *err) MUST_CHECK;

/* A private key on P-384 in PEM (PKCS#8 or SEC 1), not encrypted. The caller frees it with
 * EVP_PKEY_free(). */
int id_key_parse(const uint8_t *pem, size_t size, EVP_PKEY **key, struct error *err) MUST_CHECK;
