// SPDX-License-Identifier: Apache-2.0
/* Who signed a report. */
#pragma once

#include <stdint.h>

#include <openssl/evp.h>

#include "attest/snp_report.h"
#include "common/error.h"

/* The signature over bytes 0 to 0x29f of a report that snp_report_parse() accepted: ECDSA over
 * P-384 with SHA-384 and nothing else (56860, "Signing"; R and S are little-endian).
 * ERROR_MISMATCH: the report says another algorithm or that it is unsigned, `key` is not on P-384,
 * or it did not sign these bytes. */
int snp_signature_verify(const uint8_t bytes[SNP_REPORT_BYTES], EVP_PKEY *key, struct error *err)
	MUST_CHECK;

/* Signs `bytes` (0 to 0x29f) with a private key on P-384 and stores R and S. For the laboratory
 * chain: a real report is signed by the firmware. */
int snp_signature_make(uint8_t bytes[SNP_REPORT_BYTES], EVP_PKEY *key, struct error *err)
	MUST_CHECK;

/* AMD's form of an ECDSA signature over SHA-384 of `data`: R and S, each 72 bytes little-endian.
 * The same form signs ID blocks. */
int snp_ecdsa_sign(EVP_PKEY *key, const void *data, size_t size,
		   uint8_t r[SNP_SIGNATURE_PART_BYTES], uint8_t s[SNP_SIGNATURE_PART_BYTES],
		   struct error *err) MUST_CHECK;
int snp_ecdsa_verify(EVP_PKEY *key, const void *data, size_t size,
		     const uint8_t r[SNP_SIGNATURE_PART_BYTES],
		     const uint8_t s[SNP_SIGNATURE_PART_BYTES], struct error *err) MUST_CHECK;

/* `key` is an EC key on P-384. */
bool snp_key_is_p384(const EVP_PKEY *key);
