// SPDX-License-Identifier: Apache-2.0
/* The key a guest receives its secrets with, as JWK (RFC 7517, RFC 7518 section 6.2). */
#pragma once

#include <stdbool.h>

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/ec.h>

#include "common/cleanup.h"
#include "common/error.h"

#define KBS_KEY_ALGORITHM     "ECDH-ES+A256KW"
#define KBS_CONTENT_ALGORITHM "A256GCM"

enum { KBS_COORDINATE_MAX_BYTES = 66 }; /* P-521 */

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

/* A key as libcrypto's numbers. Its functions on groups and points are used as they are: EVP_PKEY
 * does the same by them, and needs a random generator of its own and some thousand lines more,
 * which is 45 ms in an emulated guest. */
struct kbs_key {
	EC_GROUP *group; /* NULL: none, and nothing to release */
	EC_POINT *point;
	BIGNUM *d; /* NULL in a public one */
	size_t coordinate_bytes;
};

void kbs_key_release(struct kbs_key *key);
#define cleanup_kbs_numbers CLEANUP(kbs_key_release)

enum kbs_key_part { KBS_KEY_PUBLIC, KBS_KEY_PRIVATE };

/* {kty, crv, x, y}, and d for the private one; other members are passed over. `where` goes into
 * messages. ERROR_INPUT: not of that form, or no point on the curve. The caller releases *key. */
int kbs_key_load(const json_t *json, const char *where, enum kbs_key_part part, struct kbs_key *key,
		 struct error *err) MUST_CHECK;

/* ECDH: the x coordinate that both sides arrive at, own->coordinate_bytes of it. `own` is private.
 * False: the curves differ, or no memory. */
bool kbs_key_agree(const struct kbs_key *own, const struct kbs_key *theirs,
		   uint8_t z[KBS_COORDINATE_MAX_BYTES]);
