// SPDX-License-Identifier: Apache-2.0
/* Is the signer AMD's: from a report's endorsement key (VEK: VCEK or VLEK) up to a pinned AMD root.
 *
 * Three certificates: VCEK, ASK, ARK; or VLEK, ASVK, ARK. Specs: AMD 57230 ("VCEK Certificate and
 * KDS Interface") and 58369 (VLEK). The roots of Milan, Genoa and Turin are pinned by the SHA-256
 * of their SubjectPublicKeyInfo; any other must be named by the caller, one by one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <openssl/evp.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	SNP_CERTIFICATE_MAX_BYTES = 16384, /* AMD's are about 1,600 */
	SNP_CERTIFICATES_MAX = 32,
	SNP_PEM_MAX_BYTES = 1 << 20,
	SNP_SPKI_DIGEST_BYTES = 32,
};

/* Certificates a chain may be made of, in any order: the ASKs, ASVKs and ARKs at hand. Being in
 * here gives a certificate no trust. */
struct snp_certificates;

int snp_certificates_new(struct snp_certificates **certificates, struct error *err) MUST_CHECK;
void snp_certificates_free(struct snp_certificates *certificates);
DEFINE_CLEANUP(cleanup_snp_certificates_p, struct snp_certificates, snp_certificates_free)
#define cleanup_snp_certificates CLEANUP(cleanup_snp_certificates_p)

/* Adds one certificate in DER, or all of a PEM text (at least one, and no other kind of block).
 * ERROR_INPUT: neither, or past the limits above; then none is added. */
int snp_certificates_add(struct snp_certificates *certificates, const uint8_t *bytes, size_t size,
			 struct error *err) MUST_CHECK;
/* Adds those of another collection, which are shared, not copied. ERROR_INPUT past the limit. */
int snp_certificates_add_all(struct snp_certificates *certificates,
			     const struct snp_certificates *others, struct error *err) MUST_CHECK;
size_t snp_certificates_count(const struct snp_certificates *certificates);

/* Roots that count as trusted beside the built-in ones, by snp_ark_digest(). */
struct snp_trust {
	const uint8_t (*ark_digests)[SNP_SPKI_DIGEST_BYTES];
	size_t count;
};

/* SHA-256 of the SubjectPublicKeyInfo (DER) of one certificate, in DER or PEM. */
int snp_ark_digest(const uint8_t *certificate, size_t size, uint8_t digest[SNP_SPKI_DIGEST_BYTES],
		   struct error *err) MUST_CHECK;

/* An endorsement key whose chain holds. */
struct snp_vek {
	enum snp_signing_key kind; /* VCEK or VLEK */
	enum snp_product product;
	struct snp_tcb tcb;
	uint8_t hardware_id[SNP_CHIP_ID_BYTES];
	size_t hardware_id_bytes; /* 64; 8 on Turin; 0 for a VLEK, which belongs to no one chip */
	bool laboratory_root;     /* the ARK is one the caller named, not AMD's */
	EVP_PKEY *key;
};
void snp_vek_free(struct snp_vek *vek);
DEFINE_CLEANUP(cleanup_snp_vek_p, struct snp_vek, snp_vek_free)
#define cleanup_snp_vek CLEANUP(cleanup_snp_vek_p)

/* Verifies the certificate `vek` (DER or PEM) against a chain found in `certificates`, at time
 * `now`. Everything must hold: path and validity dates (RFC 5280), exactly VEK, ASK or ASVK, ARK;
 * signatures RSA-4096-PSS with SHA-384, MGF1 with SHA-384 and 48 bytes of salt; CA flags and key
 * usage; AMD's common names, of one product; the ARK pinned, and for that product; the VEK's key on
 * P-384 and its AMD extensions well-formed. `trust` may be NULL.
 * ERROR_INPUT: `vek` is no such certificate. ERROR_MISMATCH: it is, and does not hold. */
int snp_chain_verify(const uint8_t *vek, size_t size, const struct snp_certificates *certificates,
		     const struct snp_trust *trust, time_t now, struct snp_vek **verified,
		     struct error *err) MUST_CHECK;

/* The certificate is that of the chip and firmware of the report: kind of key, product, TCB
 * extensions equal to REPORTED_TCB, hardware ID equal to CHIP_ID (unless the host masked CHIP_ID
 * to zero, or the key is a VLEK). ERROR_MISMATCH names the field, both values. */
int snp_vek_matches_report(const struct snp_vek *vek, const struct snp_report *report,
			   struct error *err) MUST_CHECK;

/* The whole question: parse, signature, match. `report` is set only when all of it holds. */
int snp_report_verify(const uint8_t *bytes, size_t size, const struct snp_vek *vek,
		      struct snp_report *report, struct error *err) MUST_CHECK;
