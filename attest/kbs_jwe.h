// SPDX-License-Identifier: Apache-2.0
/* The key a guest receives its secrets with, and the encrypted answer (JWE, RFC 7516 and 7518):
 * ECDH-ES+A256KW with A256GCM, and nothing else. Through libjose. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/secret.h"

enum {
	KBS_JWE_MAX_BYTES = 2 << 20,
	KBS_PLAINTEXT_MAX_BYTES = 1 << 20, /* what struct secret holds */
};

/* A fresh key pair on P-256, as a private JWK. Release with kbs_key_free(). */
int kbs_key_generate(json_t **private_key, struct error *err) MUST_CHECK;

/* Zeroes the private part, then drops the reference. NULL is fine. */
void kbs_key_free(json_t *private_key);
DEFINE_CLEANUP(cleanup_kbs_key_p, json_t, kbs_key_free)
#define cleanup_kbs_key CLEANUP(cleanup_kbs_key_p)

/* The public part, exactly {"alg", "crv", "kty", "x", "y"}: one more member and Trustee would
 * compute another REPORT_DATA. The caller owns it. */
int kbs_key_public(const json_t *private_key, json_t **public_key, struct error *err) MUST_CHECK;

/* A guest's public key as we accept it: those five members, ECDH-ES+A256KW, P-256 or P-521, full
 * coordinates, a point on the curve. ERROR_INPUT says what is wrong. */
int kbs_key_check(const json_t *public_key, struct error *err) MUST_CHECK;

/* Encrypts 1 to KBS_PLAINTEXT_MAX_BYTES to a key that kbs_key_check() accepts. The result is a
 * flattened JWE as JSON text: protected, encrypted_key, iv, ciphertext, tag; its header's members
 * come in the order alg, enc, epk (crv, kty, x, y), without which guest-components' client cannot
 * decrypt. The caller frees *text. */
int kbs_jwe_encrypt(const json_t *public_key, const uint8_t *plaintext, size_t size, char **text,
		    struct error *err) MUST_CHECK;

/* Decrypts such a text. `plaintext` has `size` bytes, in an allocation of at least 1. ERROR_INPUT:
 * not of that form, or other algorithms. ERROR_MISMATCH: it does not decrypt with this key. */
int kbs_jwe_decrypt(const json_t *private_key, const uint8_t *text, size_t text_size,
		    struct secret **plaintext, size_t *size, struct error *err) MUST_CHECK;
