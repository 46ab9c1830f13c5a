// SPDX-License-Identifier: Apache-2.0
/* Digests as images name them: "sha256:" and 64 digits (OCI image specification, descriptor.md,
 * "Digests"). Private to builder/source/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "builder/source/source.h"

static inline void cleanup_md_p(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}
#define cleanup_md CLEANUP(cleanup_md_p)

/* `text` is a SHA-256 digest in its one spelling, so that it may become part of a path. Else
 * ERROR_INPUT. */
int digest_check(const char *text, struct error *err) MUST_CHECK;

/* The 64 digits of a digest that was checked. */
const char *digest_hex(const char *digest);

/* The digest of `size` bytes. */
int digest_of(const uint8_t *bytes, size_t size, char digest[DIGEST_TEXT_BYTES], struct error *err)
	MUST_CHECK;

/* A digest in pieces: start, update, then compare with the one `wanted`. `what` names the thing in
 * the message of ERROR_INPUT. The caller frees *context. */
int digest_start(EVP_MD_CTX **context, struct error *err) MUST_CHECK;
int digest_update(EVP_MD_CTX *context, const uint8_t *bytes, size_t size, struct error *err)
	MUST_CHECK;
int digest_finish(EVP_MD_CTX *context, const char *wanted, const char *what, struct error *err)
	MUST_CHECK;
