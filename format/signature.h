// SPDX-License-Identifier: Apache-2.0
/* Detached CMS signatures (RFC 5652, DER) over a descriptor. Ours: docs/format.md, "Signature".
 *
 * Keys: EC P-256 and P-384, RSA of 2048 bits and more. One signer, signed attributes, SHA-256 or
 * longer. Trust is a list of certificates given by the caller and nothing else: no system store, no
 * revocation, and no look at the clock, because a guest has none that it may trust. A certificate
 * is withdrawn by no longer trusting it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { SIGNATURE_PEM_MAX_BYTES = 1 << 20 };

/* A PEM file's bytes, borrowed; at most SIGNATURE_PEM_MAX_BYTES. */
struct pem {
	const uint8_t *bytes;
	size_t size;
};

/* Signs. `certificate` holds the signer's certificate, then any intermediate ones, which go into
 * the signature. `time`: seconds since 1970, the signing-time attribute. The caller frees
 * *signature. With an RSA key the same arguments give the same bytes; ECDSA draws a nonce. */
int signature_sign(const uint8_t *descriptor, size_t descriptor_size, const struct pem *key,
		   const struct pem *certificate, int64_t time, uint8_t **signature,
		   size_t *signature_size, struct error *err) MUST_CHECK;

/* 0 only if the signature is over these bytes and its signer's certificate is one of `trusted`, or
 * chains to one. Each element of `trusted` holds one or more certificates. ERROR_MISMATCH: a
 * signature, but not over this descriptor or not by someone trusted. ERROR_INPUT: not a signature,
 * not a certificate, an algorithm or key that is too weak, or nobody to trust (count 0). */
int signature_verify(const uint8_t *descriptor, size_t descriptor_size, const uint8_t *signature,
		     size_t signature_size, const struct pem *trusted, size_t count,
		     struct error *err) MUST_CHECK;
