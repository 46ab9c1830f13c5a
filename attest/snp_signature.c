// SPDX-License-Identifier: Apache-2.0
#include "attest/snp_signature.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "common/cleanup.h"

enum {
	SIGNATURE_ECDSA_P384_SHA384 = 1, /* 56860, "Signature Algorithms" */
	R_AT = SNP_REPORT_SIGNED_BYTES,
	S_AT = R_AT + SNP_SIGNATURE_PART_BYTES,
	SIGNATURE_DER_MAX_BYTES = 128, /* two 49-byte INTEGERs in a SEQUENCE: at most 104 */
};

DEFINE_CLEANUP(cleanup_ecdsa_sig_p, ECDSA_SIG, ECDSA_SIG_free)
DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_CLEANUP(cleanup_bn_p, BIGNUM, BN_free)

static void openssl_free(unsigned char *p)
{
	OPENSSL_free(p);
}
DEFINE_CLEANUP(cleanup_der_p, unsigned char, openssl_free)

bool snp_key_is_p384(const EVP_PKEY *key)
{
	char group[32];

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
					      NULL) == 1 &&
	       !strcmp(group, SN_secp384r1);
}

static int signature_der(const uint8_t *r_le, const uint8_t *s_le, unsigned char **der, int *size,
			 struct error *err)
{
	CLEANUP(cleanup_ecdsa_sig_p) ECDSA_SIG *sig = ECDSA_SIG_new();
	CLEANUP(cleanup_bn_p) BIGNUM *r = BN_lebin2bn(r_le, SNP_SIGNATURE_PART_BYTES, NULL);
	CLEANUP(cleanup_bn_p) BIGNUM *s = BN_lebin2bn(s_le, SNP_SIGNATURE_PART_BYTES, NULL);

	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
		return error_memory(err);
	r = s = NULL; /* sig owns them now */
	int n = i2d_ECDSA_SIG(sig, der);
	if (n <= 0)
		return error_memory(err);
	*size = n;
	return 0;
}

int snp_ecdsa_verify(EVP_PKEY *key, const void *data, size_t size,
		     const uint8_t r[SNP_SIGNATURE_PART_BYTES],
		     const uint8_t s[SNP_SIGNATURE_PART_BYTES], struct error *err)
{
	CLEANUP(cleanup_der_p) unsigned char *der = NULL;
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int der_size = 0;

	if (!snp_key_is_p384(key))
		return error_mismatch(err, "the signing key is not an EC key on P-384");
	if (signature_der(r, s, &der, &der_size, err) < 0)
		return -1;
	if (!ctx || EVP_DigestVerifyInit(ctx, NULL, EVP_sha384(), NULL, key) != 1)
		return error_crypto(err, "starting ECDSA");
	/* 0 is a signature that does not hold, below 0 one whose R or S is out of range */
	if (EVP_DigestVerify(ctx, der, (size_t)der_size, data, size) != 1) {
		ERR_clear_error();
		return error_mismatch(err, "the signature does not verify");
	}
	return 0;
}

int snp_ecdsa_sign(EVP_PKEY *key, const void *data, size_t size,
		   uint8_t r[SNP_SIGNATURE_PART_BYTES], uint8_t s[SNP_SIGNATURE_PART_BYTES],
		   struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	CLEANUP(cleanup_ecdsa_sig_p) ECDSA_SIG *sig = NULL;
	unsigned char der[SIGNATURE_DER_MAX_BYTES];
	size_t der_size = sizeof(der);

	if (!snp_key_is_p384(key))
		return error_input(err, "the signing key is not an EC key on P-384");
	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha384(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, der, &der_size, data, size) != 1)
		return error_crypto(err, "signing with ECDSA");
	const unsigned char *p = der;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der_size);
	if (!sig)
		return error_crypto(err, "reading back an ECDSA signature");
	if (BN_bn2lebinpad(ECDSA_SIG_get0_r(sig), r, SNP_SIGNATURE_PART_BYTES) < 0 ||
	    BN_bn2lebinpad(ECDSA_SIG_get0_s(sig), s, SNP_SIGNATURE_PART_BYTES) < 0)
		return error_crypto(err, "writing an ECDSA signature");
	return 0;
}

int snp_signature_verify(const uint8_t bytes[SNP_REPORT_BYTES], EVP_PKEY *key, struct error *err)
{
	struct snp_report report;

	if (snp_report_parse(bytes, SNP_REPORT_BYTES, &report, err) < 0)
		return -1;
	if (report.signature_algorithm != SIGNATURE_ECDSA_P384_SHA384)
		return error_mismatch(err,
				      "signature algorithm is %u, not 1 (ECDSA P-384 with SHA-384)",
				      report.signature_algorithm);
	if (report.signing_key == SNP_SIGNED_BY_NONE)
		return error_mismatch(err, "the report says that it is not signed");
	if (snp_ecdsa_verify(key, bytes, SNP_REPORT_SIGNED_BYTES, bytes + R_AT, bytes + S_AT, err) <
	    0)
		return error_prefix(err, "report");
	return 0;
}

int snp_signature_make(uint8_t bytes[SNP_REPORT_BYTES], EVP_PKEY *key, struct error *err)
{
	return snp_ecdsa_sign(key, bytes, SNP_REPORT_SIGNED_BYTES, bytes + R_AT, bytes + S_AT, err);
}
