// SPDX-License-Identifier: Apache-2.0
/* A laboratory's stand-in for AMD: ARK, ASK and VCEK with the names, algorithms and extensions of
 * the real ones, made on the spot where there is no SEV hardware. Nobody trusts them unless told
 * that very ARK (struct snp_trust), and struct snp_vek then says `laboratory_root`. */
#pragma once

#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

struct laboratory_options {
	enum snp_product product;
	struct snp_tcb tcb; /* `has_fmc` for Turin and for it alone */
	uint8_t chip_id[SNP_CHIP_ID_BYTES];
	time_t not_before;
	time_t not_after;
};

struct laboratory {
	EVP_PKEY *ark_key; /* RSA-4096 */
	EVP_PKEY *ask_key;
	EVP_PKEY *vcek_key; /* P-384: signs reports, see snp_signature_make() */
	X509 *ark;
	X509 *ask;
	X509 *vcek;
};

/* Makes three fresh keys and their certificates; two RSA-4096 keys take a few seconds. */
int laboratory_new(const struct laboratory_options *options, struct laboratory **laboratory,
		   struct error *err) MUST_CHECK;
void laboratory_free(struct laboratory *laboratory);
DEFINE_CLEANUP(cleanup_laboratory_p, struct laboratory, laboratory_free)
#define cleanup_laboratory CLEANUP(cleanup_laboratory_p)

/* Signs `certificate` as AMD does, RSA-PSS with SHA-384. */
int laboratory_sign(X509 *certificate, EVP_PKEY *key, struct error *err) MUST_CHECK;

/* PEM texts. The caller frees *text. */
int laboratory_certificate_pem(X509 *certificate, char **text, struct error *err) MUST_CHECK;
int laboratory_key_pem(EVP_PKEY *key, char **text, struct error *err) MUST_CHECK;
