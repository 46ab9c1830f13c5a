// SPDX-License-Identifier: Apache-2.0
#include "attest/laboratory.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "attest/snp_certificate.h"

enum { PSS_SALT_BYTES = 48 };

DEFINE_CLEANUP(cleanup_md_ctx_p, EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_CLEANUP(cleanup_name_p, X509_NAME, X509_NAME_free)
DEFINE_CLEANUP(cleanup_object_p, ASN1_OBJECT, ASN1_OBJECT_free)
DEFINE_CLEANUP(cleanup_octets_p, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
DEFINE_CLEANUP(cleanup_extension_p, X509_EXTENSION, X509_EXTENSION_free)
DEFINE_CLEANUP(cleanup_bio_p, BIO, BIO_free_all)

int laboratory_sign(X509 *certificate, EVP_PKEY *key, struct error *err)
{
	CLEANUP(cleanup_md_ctx_p) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *params; /* belongs to ctx */

	if (!ctx || EVP_DigestSignInit(ctx, &params, EVP_sha384(), NULL, key) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(params, PSS_SALT_BYTES) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(params, EVP_sha384()) != 1 ||
	    X509_sign_ctx(certificate, ctx) <= 0)
		return error_crypto(err, "signing a laboratory certificate");
	return 0;
}

static int name_new(const char *common_name, X509_NAME **result, struct error *err)
{
	static const char *const fixed[][2] = { { "OU", "Laboratory" },
						{ "O", "podseal laboratory, not AMD" } };
	CLEANUP(cleanup_name_p) X509_NAME *name = X509_NAME_new();
	bool ok = name;

	for (size_t i = 0; ok && i < 2; i++)
		ok = X509_NAME_add_entry_by_txt(name, fixed[i][0], MBSTRING_ASC,
						(const unsigned char *)fixed[i][1], -1, -1, 0) == 1;
	if (!ok || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					      (const unsigned char *)common_name, -1, -1, 0) != 1)
		return error_crypto(err, "naming a laboratory certificate");
	*result = take_ptr(name);
	return 0;
}

/* A certificate of `subject` for `key`, not yet signed. */
static int certificate_new(const char *subject, const char *issuer, EVP_PKEY *key, long serial,
			   const struct laboratory_options *o, X509 **result, struct error *err)
{
	CLEANUP(cleanup_name_p) X509_NAME *subject_name = NULL;
	CLEANUP(cleanup_name_p) X509_NAME *issuer_name = NULL;
	cleanup_x509 X509 *x = X509_new();

	if (name_new(subject, &subject_name, err) < 0 || name_new(issuer, &issuer_name, err) < 0)
		return -1;
	if (!x || X509_set_version(x, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(x), serial) != 1 ||
	    X509_set_subject_name(x, subject_name) != 1 ||
	    X509_set_issuer_name(x, issuer_name) != 1 || X509_set_pubkey(x, key) != 1 ||
	    !ASN1_TIME_set(X509_getm_notBefore(x), o->not_before) ||
	    !ASN1_TIME_set(X509_getm_notAfter(x), o->not_after))
		return error_crypto(err, "making a laboratory certificate");
	*result = take_ptr(x);
	return 0;
}

static int authority_extensions_add(X509 *x, const char *constraints, struct error *err)
{
	const struct {
		int nid;
		const char *value;
	} extensions[] = {
		{ NID_basic_constraints, constraints },
		{ NID_key_usage, "critical,keyCertSign" },
	};

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(cleanup_extension_p)
		X509_EXTENSION *e =
			X509V3_EXT_conf_nid(NULL, NULL, extensions[i].nid, extensions[i].value);
		if (!e || X509_add_ext(x, e, -1) != 1)
			return error_crypto(err, "adding a certificate extension");
	}
	return 0;
}

static int amd_extension_add(X509 *x, const char *oid, const uint8_t *bytes, size_t size,
			     struct error *err)
{
	CLEANUP(cleanup_object_p) ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	CLEANUP(cleanup_octets_p) ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	CLEANUP(cleanup_extension_p) X509_EXTENSION *e = NULL;

	if (!object || !octets || ASN1_OCTET_STRING_set(octets, bytes, (int)size) != 1)
		return error_memory(err);
	e = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
	if (!e || X509_add_ext(x, e, -1) != 1)
		return error_crypto(err, "adding a certificate extension");
	return 0;
}

/* INTEGER in DER: one byte, or two where the first would read as a sign */
static int svn_add(X509 *x, const char *oid, uint8_t svn, struct error *err)
{
	uint8_t der[4] = { V_ASN1_INTEGER, 1, svn, 0 };

	if (svn < 0x80)
		return amd_extension_add(x, oid, der, 3, err);
	der[1] = 2;
	der[2] = 0;
	der[3] = svn;
	return amd_extension_add(x, oid, der, 4, err);
}

static int vcek_extensions_add(X509 *x, const struct laboratory_options *o, struct error *err)
{
	const char *product = snp_product_name(o->product);
	uint8_t name[2 + 16] = { V_ASN1_IA5STRING, (uint8_t)strlen(product) };
	size_t id_bytes = o->product == SNP_TURIN ? SNP_TURIN_CHIP_ID_BYTES : SNP_CHIP_ID_BYTES;

	memcpy(name + 2, product, strlen(product));
	if (svn_add(x, SNP_OID_STRUCT_VERSION, o->product == SNP_TURIN ? 1 : 0, err) < 0 ||
	    amd_extension_add(x, SNP_OID_PRODUCT, name, 2 + strlen(product), err) < 0 ||
	    svn_add(x, SNP_OID_BOOTLOADER, o->tcb.bootloader, err) < 0 ||
	    svn_add(x, SNP_OID_TEE, o->tcb.tee, err) < 0 ||
	    svn_add(x, SNP_OID_SNP, o->tcb.snp, err) < 0 ||
	    svn_add(x, SNP_OID_MICROCODE, o->tcb.microcode, err) < 0)
		return -1;
	if (o->tcb.has_fmc && svn_add(x, SNP_OID_FMC, o->tcb.fmc, err) < 0)
		return -1;
	return amd_extension_add(x, SNP_OID_HARDWARE_ID, o->chip_id, id_bytes, err);
}

static int keys_make(struct laboratory *lab, struct error *err)
{
	lab->ark_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
	lab->ask_key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
	lab->vcek_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
	if (!lab->ark_key || !lab->ask_key || !lab->vcek_key)
		return error_crypto(err, "making laboratory keys");
	return 0;
}

int laboratory_new(const struct laboratory_options *o, struct laboratory **result,
		   struct error *err)
{
	cleanup_laboratory struct laboratory *lab = calloc(1, sizeof(*lab));
	char ark_name[32], ask_name[32];

	if (!lab)
		return error_memory(err);
	if (o->product == SNP_PRODUCT_UNKNOWN || o->tcb.has_fmc != (o->product == SNP_TURIN))
		return error_input(err, "a laboratory VCEK needs a product, and an FMC version "
					"exactly for Turin");
	(void)snprintf(ark_name, sizeof(ark_name), "ARK-%s", snp_product_name(o->product));
	(void)snprintf(ask_name, sizeof(ask_name), "SEV-%s", snp_product_name(o->product));
	if (keys_make(lab, err) < 0 ||
	    certificate_new(ark_name, ark_name, lab->ark_key, 0x10000, o, &lab->ark, err) < 0 ||
	    authority_extensions_add(lab->ark, "critical,CA:TRUE", err) < 0 ||
	    laboratory_sign(lab->ark, lab->ark_key, err) < 0)
		return -1;
	if (certificate_new(ask_name, ark_name, lab->ask_key, 0x10001, o, &lab->ask, err) < 0 ||
	    authority_extensions_add(lab->ask, "critical,CA:TRUE,pathlen:0", err) < 0 ||
	    laboratory_sign(lab->ask, lab->ark_key, err) < 0)
		return -1;
	if (certificate_new("SEV-VCEK", ask_name, lab->vcek_key, 0, o, &lab->vcek, err) < 0 ||
	    vcek_extensions_add(lab->vcek, o, err) < 0 ||
	    laboratory_sign(lab->vcek, lab->ask_key, err) < 0)
		return -1;
	*result = take_ptr(lab);
	return 0;
}

void laboratory_free(struct laboratory *lab)
{
	if (!lab)
		return;
	X509_free(lab->ark);
	X509_free(lab->ask);
	X509_free(lab->vcek);
	EVP_PKEY_free(lab->ark_key);
	EVP_PKEY_free(lab->ask_key);
	EVP_PKEY_free(lab->vcek_key);
	free(lab);
}

static int pem_text(BIO *bio, char **text, struct error *err)
{
	char *bytes;
	long size = BIO_get_mem_data(bio, &bytes);
	char *copy = size > 0 ? strndup(bytes, (size_t)size) : NULL;

	if (!copy)
		return error_memory(err);
	*text = copy;
	return 0;
}

int laboratory_certificate_pem(X509 *certificate, char **text, struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || PEM_write_bio_X509(bio, certificate) != 1)
		return error_crypto(err, "writing a certificate");
	return pem_text(bio, text, err);
}

int laboratory_key_pem(EVP_PKEY *key, char **text, struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return error_crypto(err, "writing a private key");
	return pem_text(bio, text, err);
}
