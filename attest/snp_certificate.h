// SPDX-License-Identifier: Apache-2.0
/* Private to attest: what one of AMD's X.509 certificates says, whoever signed it. */
#pragma once

#include <openssl/x509.h>

#include "attest/snp_chain.h"

DEFINE_CLEANUP(cleanup_x509_p, X509, X509_free)
#define cleanup_x509 CLEANUP(cleanup_x509_p)

struct snp_certificates {
	size_t count;
	X509 *list[SNP_CERTIFICATES_MAX];
};

/* AMD's object identifiers, 57230 table "VCEK Certificate Extensions" */
#define SNP_OID_STRUCT_VERSION "1.3.6.1.4.1.3704.1.1"
#define SNP_OID_PRODUCT        "1.3.6.1.4.1.3704.1.2"
#define SNP_OID_BOOTLOADER     "1.3.6.1.4.1.3704.1.3.1"
#define SNP_OID_TEE            "1.3.6.1.4.1.3704.1.3.2"
#define SNP_OID_SNP            "1.3.6.1.4.1.3704.1.3.3"
#define SNP_OID_MICROCODE      "1.3.6.1.4.1.3704.1.3.8"
#define SNP_OID_FMC            "1.3.6.1.4.1.3704.1.3.9"
#define SNP_OID_HARDWARE_ID    "1.3.6.1.4.1.3704.1.4"

/* Exactly one certificate, DER or PEM. The caller owns it. */
int snp_certificate_parse(const uint8_t *bytes, size_t size, X509 **certificate, struct error *err)
	MUST_CHECK;

/* The one common name of a subject or issuer, as text of at most 63 characters. */
int snp_certificate_name(const X509_NAME *name, char text[64], struct error *err) MUST_CHECK;

int snp_certificate_spki_digest(const X509 *certificate, uint8_t digest[SNP_SPKI_DIGEST_BYTES],
				struct error *err) MUST_CHECK;

/* Kind of key (by common name), product, TCB and hardware ID of a VEK certificate, and its key,
 * which must be on P-384. */
int snp_certificate_read_vek(X509 *certificate, struct snp_vek *vek, struct error *err) MUST_CHECK;
