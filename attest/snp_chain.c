// SPDX-License-Identifier: Apache-2.0
#include "attest/snp_chain.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "attest/snp_certificate.h"
#include "attest/snp_signature.h"
#include "common/hex.h"
#include "common/io.h"

enum {
	VEK_AT = 0, /* places in a chain */
	ASK_AT = 1,
	ARK_AT = 2,
	CHAIN_LENGTH = 3,
	RSA_BITS = 4096,
	AUTH_LEVEL_128_BITS = 3, /* of OpenSSL: every key and digest is worth 128 bits */
};

/* SHA-256 of the SubjectPublicKeyInfo of AMD's root keys, as served by
 * https://kdsintf.amd.com/vcek/v1/{Milan,Genoa,Turin}/cert_chain */
static const struct {
	enum snp_product product;
	const char *digest;
} amd_roots[] = {
	{ SNP_MILAN, "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9" },
	{ SNP_GENOA, "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831" },
	{ SNP_TURIN, "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08" },
};

struct root {
	bool trusted;
	bool laboratory;
	enum snp_product product; /* unknown for a laboratory root */
};

DEFINE_CLEANUP(cleanup_store_p, X509_STORE, X509_STORE_free)
DEFINE_CLEANUP(cleanup_store_ctx_p, X509_STORE_CTX, X509_STORE_CTX_free)
/* the certificates in it belong to the bag */
DEFINE_CLEANUP(cleanup_stack_p, STACK_OF(X509), sk_X509_free)

int snp_ark_digest(const uint8_t *certificate, size_t size, uint8_t digest[SNP_SPKI_DIGEST_BYTES],
		   struct error *err)
{
	cleanup_x509 X509 *x = NULL;

	if (snp_certificate_parse(certificate, size, &x, err) < 0)
		return -1;
	return snp_certificate_spki_digest(x, digest, err);
}

static struct root root_of(const uint8_t digest[SNP_SPKI_DIGEST_BYTES],
			   const struct snp_trust *trust)
{
	char text[2 * SNP_SPKI_DIGEST_BYTES + 1];

	hex_encode(digest, SNP_SPKI_DIGEST_BYTES, text);
	for (size_t i = 0; i < sizeof(amd_roots) / sizeof(amd_roots[0]); i++)
		if (!strcmp(text, amd_roots[i].digest))
			return (struct root){ .trusted = true, .product = amd_roots[i].product };
	for (size_t i = 0; trust && i < trust->count; i++)
		if (!memcmp(digest, trust->ark_digests[i], SNP_SPKI_DIGEST_BYTES))
			return (struct root){ .trusted = true, .laboratory = true };
	return (struct root){ 0 };
}

/* Pinned roots go to the store, all others are candidates between. */
static int sort_by_trust(const struct snp_certificates *certificates, const struct snp_trust *trust,
			 X509_STORE *store, STACK_OF(X509) * others, struct error *err)
{
	uint8_t digest[SNP_SPKI_DIGEST_BYTES];
	size_t roots = 0;

	for (size_t i = 0; i < certificates->count; i++) {
		X509 *x = certificates->list[i];
		if (snp_certificate_spki_digest(x, digest, err) < 0)
			return -1;
		bool trusted = root_of(digest, trust).trusted;
		if ((trusted ? X509_STORE_add_cert(store, x) : sk_X509_push(others, x)) <= 0)
			return error_crypto(err, "collecting certificates");
		roots += trusted;
	}
	if (!roots)
		return error_mismatch(err,
				      "none of the %zu certificates of the chain is a pinned "
				      "ARK (AMD's for Milan, Genoa and Turin are)",
				      certificates->count);
	return 0;
}

static int path_verify(X509_STORE_CTX *ctx, X509_STORE *store, X509 *vek, STACK_OF(X509) * others,
		       time_t now, struct error *err)
{
	if (X509_STORE_CTX_init(ctx, store, vek, others) != 1)
		return error_crypto(err, "preparing to verify a certificate");
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_depth(param, CHAIN_LENGTH - 2); /* counts what is between the ends */
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL_128_BITS);
	/* the root's own signature proves nothing about trust, but a damaged file should show */
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CHECK_SS_SIGNATURE) != 1)
		return error_crypto(err, "preparing to verify a certificate");
	if (X509_verify_cert(ctx) == 1)
		return 0;

	int why = X509_STORE_CTX_get_error(ctx);
	X509 *at = X509_STORE_CTX_get_current_cert(ctx);
	char name[64] = "certificate";
	struct error ignored;
	if (at && snp_certificate_name(X509_get_subject_name(at), name, &ignored) < 0)
		memcpy(name, "certificate", sizeof("certificate"));
	ERR_clear_error();
	return error_mismatch(err, "%s: %s", name, X509_verify_cert_error_string(why));
}

/* RSA-PSS, SHA-384, MGF1 with SHA-384, 48 bytes of salt. OpenSSL sets the flag TLS on a PSS
 * signature exactly when MGF1's digest is the signature's and the salt is as long as it (RFC 8446
 * 4.2.3 asks for the same). */
static int signature_algorithm_check(X509 *x, const char *name, struct error *err)
{
	int digest, key;
	uint32_t flags;

	if (X509_get_signature_info(x, &digest, &key, NULL, &flags) != 1 || key != NID_rsassaPss ||
	    digest != NID_sha384 || !(flags & X509_SIG_INFO_TLS)) {
		ERR_clear_error();
		return error_mismatch(err, "%s is not signed with RSA-PSS and SHA-384", name);
	}
	return 0;
}

static int authority_check(X509 *x, const char *name, struct error *err)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	if (!key || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != RSA_BITS)
		return error_mismatch(err, "%s has not an RSA key of %d bits", name, RSA_BITS);
	/* 1: by basicConstraints; other positive values are guesses about old certificates */
	if (X509_check_ca(x) != 1 || !(X509_get_extension_flags(x) & EXFLAG_KUSAGE) ||
	    !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
		return error_mismatch(err, "%s may not sign certificates", name);
	return 0;
}

static int vek_usage_check(X509 *x, const char *name, struct error *err)
{
	if (X509_check_ca(x) != 0)
		return error_mismatch(err, "%s is a certificate authority, not a report's key",
				      name);
	/* all bits where the extension is absent, as it is in AMD's */
	if (!(X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE))
		return error_mismatch(err, "%s may not sign data", name);
	return 0;
}

static int name_check(X509 *x, const char *want, struct error *err)
{
	char name[64];

	if (snp_certificate_name(X509_get_subject_name(x), name, err) < 0)
		return -1;
	if (strcmp(name, want))
		return error_mismatch(err, "certificate of \"%s\" stands where \"%s\" should", name,
				      want);
	return 0;
}

/* What AMD's hierarchy asks beyond a valid path. */
static int hierarchy_check(STACK_OF(X509) * chain, const struct snp_vek *vek, struct error *err)
{
	const char *product = snp_product_name(vek->product);
	bool vlek = vek->kind == SNP_SIGNED_BY_VLEK;
	char ask_name[32], ark_name[32];

	if (sk_X509_num(chain) != CHAIN_LENGTH)
		return error_mismatch(err, "the chain has %d certificates, not VEK, ASK and ARK",
				      sk_X509_num(chain));
	(void)snprintf(ask_name, sizeof(ask_name), "SEV-%s%s", vlek ? "VLEK-" : "", product);
	(void)snprintf(ark_name, sizeof(ark_name), "ARK-%s", product);
	X509 *leaf = sk_X509_value(chain, VEK_AT), *ask = sk_X509_value(chain, ASK_AT),
	     *ark = sk_X509_value(chain, ARK_AT);
	if (name_check(ask, ask_name, err) < 0 || name_check(ark, ark_name, err) < 0)
		return -1;
	if (vek_usage_check(leaf, vlek ? "SEV-VLEK" : "SEV-VCEK", err) < 0 ||
	    authority_check(ask, ask_name, err) < 0 || authority_check(ark, ark_name, err) < 0)
		return -1;
	if (signature_algorithm_check(leaf, vlek ? "SEV-VLEK" : "SEV-VCEK", err) < 0 ||
	    signature_algorithm_check(ask, ask_name, err) < 0)
		return -1;
	return signature_algorithm_check(ark, ark_name, err);
}

static int root_check(X509 *ark, const struct snp_trust *trust, struct snp_vek *vek,
		      struct error *err)
{
	uint8_t digest[SNP_SPKI_DIGEST_BYTES];

	if (snp_certificate_spki_digest(ark, digest, err) < 0)
		return -1;
	struct root root = root_of(digest, trust);
	if (!root.trusted)
		return error_mismatch(err, "the chain's root is not a pinned ARK");
	if (!root.laboratory && root.product != vek->product)
		return error_mismatch(err, "the root is AMD's for %s, the certificate for %s",
				      snp_product_name(root.product),
				      snp_product_name(vek->product));
	vek->laboratory_root = root.laboratory;
	return 0;
}

int snp_chain_verify(const uint8_t *bytes, size_t size, const struct snp_certificates *certificates,
		     const struct snp_trust *trust, time_t now, struct snp_vek **verified,
		     struct error *err)
{
	CLEANUP(cleanup_store_p) X509_STORE *store = X509_STORE_new();
	CLEANUP(cleanup_stack_p) STACK_OF(X509) *others = sk_X509_new_null();
	CLEANUP(cleanup_store_ctx_p) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	cleanup_snp_vek struct snp_vek *vek = calloc(1, sizeof(*vek));
	cleanup_x509 X509 *leaf = NULL;

	if (!store || !others || !ctx || !vek)
		return error_memory(err);
	if (snp_certificate_parse(bytes, size, &leaf, err) < 0 ||
	    snp_certificate_read_vek(leaf, vek, err) < 0)
		return error_prefix(err, "VEK certificate");
	if (sort_by_trust(certificates, trust, store, others, err) < 0 ||
	    path_verify(ctx, store, leaf, others, now, err) < 0)
		return -1;
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	if (hierarchy_check(chain, vek, err) < 0 ||
	    root_check(sk_X509_value(chain, ARK_AT), trust, vek, err) < 0)
		return -1;
	*verified = take_ptr(vek);
	return 0;
}

void snp_vek_free(struct snp_vek *vek)
{
	if (!vek)
		return;
	EVP_PKEY_free(vek->key);
	free(vek);
}

static int tcb_match(const struct snp_tcb *certificate, const struct snp_tcb *report,
		     struct error *err)
{
	const struct {
		const char *name;
		uint8_t certificate, report;
	} parts[] = {
		{ "bootloader", certificate->bootloader, report->bootloader },
		{ "tee", certificate->tee, report->tee },
		{ "snp", certificate->snp, report->snp },
		{ "microcode", certificate->microcode, report->microcode },
		{ "fmc", certificate->fmc, report->fmc },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].certificate != parts[i].report)
			return error_mismatch(err,
					      "REPORTED_TCB: %s is %u, the certificate is for %u",
					      parts[i].name, parts[i].report, parts[i].certificate);
	return 0;
}

static int chip_match(const struct snp_vek *vek, const struct snp_report *report, struct error *err)
{
	char found[2 * SNP_CHIP_ID_BYTES + 1], want[2 * SNP_CHIP_ID_BYTES + 1];

	if (vek->kind == SNP_SIGNED_BY_VLEK || is_zero(report->chip_id, SNP_CHIP_ID_BYTES))
		return 0;
	/* hardware_id is zero past its size, as CHIP_ID must be */
	if (!memcmp(vek->hardware_id, report->chip_id, SNP_CHIP_ID_BYTES))
		return 0;
	hex_encode(report->chip_id, SNP_CHIP_ID_BYTES, found);
	hex_encode(vek->hardware_id, vek->hardware_id_bytes, want);
	return error_mismatch(err, "CHIP_ID is %s, the certificate is for %s", found, want);
}

int snp_vek_matches_report(const struct snp_vek *vek, const struct snp_report *report,
			   struct error *err)
{
	if (report->signing_key != vek->kind)
		return error_mismatch(err,
				      "the report names %s as its signer, the certificate is a %s",
				      report->signing_key == SNP_SIGNED_BY_VLEK   ? "a VLEK"
				      : report->signing_key == SNP_SIGNED_BY_VCEK ? "a VCEK"
										  : "nobody",
				      vek->kind == SNP_SIGNED_BY_VLEK ? "VLEK" : "VCEK");
	if (report->product != SNP_PRODUCT_UNKNOWN && report->product != vek->product)
		return error_mismatch(err, "the report is of a %s, the certificate for %s",
				      snp_product_name(report->product),
				      snp_product_name(vek->product));
	if (report->reported_tcb.has_fmc != vek->tcb.has_fmc)
		return error_mismatch(
			err, "the report has %s TCB layout, the certificate is for %s",
			report->reported_tcb.has_fmc ? "Turin's" : "Milan's and Genoa's",
			snp_product_name(vek->product));
	if (tcb_match(&vek->tcb, &report->reported_tcb, err) < 0)
		return -1;
	return chip_match(vek, report, err);
}

int snp_report_verify(const uint8_t *bytes, size_t size, const struct snp_vek *vek,
		      struct snp_report *report, struct error *err)
{
	struct snp_report r;

	if (snp_report_parse(bytes, size, &r, err) < 0 ||
	    snp_signature_verify(bytes, vek->key, err) < 0 ||
	    snp_vek_matches_report(vek, &r, err) < 0)
		return -1;
	*report = r;
	return 0;
}
