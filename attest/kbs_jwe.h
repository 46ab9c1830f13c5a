// SPDX-License-Identifier: Apache-2.0
/* The broker's encrypted answer (JWE, RFC 7516 and 7518): ECDH-ES+A256KW with A256GCM, and nothing
 * else. The broker encrypts through libjose. The guest decrypts through libcrypto alone: libjose
 * would bring each algorithm that JOSE has into the measured initrd, keep podseal-init from being
 * linked statically, and take 60 ms in constructors before main() in an emulated guest. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/kbs_key.h"
#include "common/error.h"
#include "common/secret.h"

enum {
	KBS_JWE_MAX_BYTES = 2 << 20,
	KBS_PLAINTEXT_MAX_BYTES = 1 << 20, /* what struct secret holds */
};

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
