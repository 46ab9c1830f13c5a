// SPDX-License-Identifier: Apache-2.0
/* The golden signatures: signature-*.der are signature_sign()'s, *-openssl.der are those of
 * `openssl cms -sign -binary`; the certificates were valid for one day. Everything else is made
 * here, with keys drawn on the spot. */
#include "tests/unit/format/specimen.h"

#include <stdio.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "format/signature_openssl.h"

static const uint8_t descriptor[] = "{\"the\":\"descriptor\"}";
enum { DESCRIPTOR_SIZE = sizeof(descriptor) - 1, LONG_AGO = 1000000000 };

/* A key and its certificate, also as PEM. */
struct party {
	EVP_PKEY *key;
	X509 *certificate;
	struct pem key_pem, certificate_pem;
};

static struct party p256, p384, rsa, authority, leaf;

static struct pem pem_of(BIO *bio)
{
	char *bytes;
	long size = BIO_get_mem_data(bio, &bytes);
	struct pem pem = { (uint8_t *)strndup(bytes, (size_t)size), (size_t)size };

	BIO_free(bio);
	return pem;
}

static struct pem key_to_pem(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char passphrase[] = "secret";

	assert_int_equal(
		PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, (char *)passphrase, 6, NULL, NULL),
		1);
	return pem_of(bio);
}

static struct pem certificate_to_pem(X509 *certificate)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
	return pem_of(bio);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

/* Expired since 2001: a guest has no clock it may trust, and so it must not matter. */
static struct party party_new(EVP_PKEY *key, const char *name, const struct party *issuer,
			      const char *key_usage, const EVP_MD *digest)
{
	static long serial;
	X509 *certificate = X509_new();
	X509_NAME *subject;

	assert_non_null(key);
	assert_non_null(certificate);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial), 1);
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), LONG_AGO));
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), LONG_AGO + 86400));
	subject = X509_get_subject_name(certificate);
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						    (const unsigned char *)name, -1, -1, 0),
			 1);
	assert_int_equal(
		X509_set_issuer_name(certificate,
				     issuer ? X509_get_subject_name(issuer->certificate) : subject),
		1);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	add_extension(certificate, NID_basic_constraints,
		      strstr(key_usage, "keyCertSign") ? "critical,CA:TRUE" : "CA:FALSE");
	add_extension(certificate, NID_key_usage, key_usage);
	assert_true(X509_sign(certificate, issuer ? issuer->key : key, digest) > 0);
	return (struct party){ key, certificate, key_to_pem(key, NULL),
			       certificate_to_pem(certificate) };
}

static void party_free(struct party *party)
{
	EVP_PKEY_free(party->key);
	X509_free(party->certificate);
	free((void *)(uintptr_t)party->key_pem.bytes);
	free((void *)(uintptr_t)party->certificate_pem.bytes);
}

static int make_parties(void **state)
{
	(void)state;
	p256 = party_new(EVP_EC_gen("P-256"), "p256", NULL, "digitalSignature", EVP_sha256());
	p384 = party_new(EVP_EC_gen("P-384"), "p384", NULL, "digitalSignature", EVP_sha384());
	rsa = party_new(EVP_RSA_gen(2048), "rsa", NULL, "digitalSignature", EVP_sha256());
	authority = party_new(EVP_EC_gen("P-384"), "authority", NULL, "keyCertSign", EVP_sha384());
	leaf = party_new(EVP_EC_gen("P-256"), "leaf", &authority, "digitalSignature", EVP_sha256());
	return 0;
}

static int free_parties(void **state)
{
	(void)state;
	party_free(&p256);
	party_free(&p384);
	party_free(&rsa);
	party_free(&authority);
	party_free(&leaf);
	return 0;
}

struct der {
	uint8_t *bytes;
	size_t size;
};

static struct der sign_by(const struct party *party)
{
	struct der der = { NULL, 0 };
	struct error err;

	assert_done(signature_sign(descriptor, DESCRIPTOR_SIZE, &party->key_pem,
				   &party->certificate_pem, LONG_AGO, &der.bytes, &der.size, &err),
		    &err);
	return der;
}

static int verify(struct der der, const struct party *trusted, struct error *err)
{
	return signature_verify(descriptor, DESCRIPTOR_SIZE, der.bytes, der.size,
				&trusted->certificate_pem, 1, err);
}

static void signs_and_verifies_with_each_kind_of_key(void **state)
{
	const struct {
		const struct party *signer, *trusted;
	} rows[] = { { &p256, &p256 },
		     { &p384, &p384 },
		     { &rsa, &rsa },
		     { &leaf, &leaf },
		     { &leaf, &authority } };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct der der = sign_by(rows[i].signer);
		assert_done(verify(der, rows[i].trusted, &err), &err);
		free(der.bytes);
	}
}

static void one_of_several_trusted_certificates_is_enough(void **state)
{
	const struct pem trusted[] = { p384.certificate_pem, rsa.certificate_pem,
				       p256.certificate_pem };
	struct der der = sign_by(&p256);
	struct error err;

	(void)state;
	assert_done(signature_verify(descriptor, DESCRIPTOR_SIZE, der.bytes, der.size, trusted,
				     LENGTH_OF(trusted), &err),
		    &err);
	assert_refused("none of them",
		       signature_verify(descriptor, DESCRIPTOR_SIZE, der.bytes, der.size, trusted,
					2, &err),
		       &err, ERROR_MISMATCH, "the signer's certificate is not trusted");
	assert_refused("none at all",
		       signature_verify(descriptor, DESCRIPTOR_SIZE, der.bytes, der.size, trusted,
					0, &err),
		       &err, ERROR_INPUT, "no certificate to trust");
	free(der.bytes);
}

static void rsa_signs_the_same_twice(void **state)
{
	struct der a = sign_by(&rsa);
	struct der b = sign_by(&rsa);

	(void)state;
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	free(a.bytes);
	free(b.bytes);
}

static void another_descriptor_is_a_mismatch(void **state)
{
	struct der der = sign_by(&p256);
	uint8_t other[DESCRIPTOR_SIZE];
	struct error err;

	(void)state;
	memcpy(other, descriptor, sizeof(other));
	other[2] ^= 1;
	assert_refused("changed",
		       signature_verify(other, sizeof(other), der.bytes, der.size,
					&p256.certificate_pem, 1, &err),
		       &err, ERROR_MISMATCH, "not over this descriptor");
	assert_refused("cut",
		       signature_verify(descriptor, DESCRIPTOR_SIZE - 1, der.bytes, der.size,
					&p256.certificate_pem, 1, &err),
		       &err, ERROR_MISMATCH, "not over this descriptor");
	free(der.bytes);
}

/* Same subject name as the trusted one, other key. */
static void a_namesake_is_a_mismatch(void **state)
{
	struct party namesake =
		party_new(EVP_EC_gen("P-256"), "p256", NULL, "digitalSignature", EVP_sha256());
	struct der der = sign_by(&namesake);
	struct error err;

	(void)state;
	assert_refused("namesake", verify(der, &p256, &err), &err, ERROR_MISMATCH, "");
	free(der.bytes);
	party_free(&namesake);
}

/* A trusted certificate that is no authority cannot make others trusted. */
static void a_leaf_cannot_issue(void **state)
{
	struct party child =
		party_new(EVP_EC_gen("P-256"), "child", &leaf, "digitalSignature", EVP_sha256());
	struct der der = sign_by(&child);
	struct error err;

	(void)state;
	assert_refused("child of a leaf", verify(der, &leaf, &err), &err, ERROR_MISMATCH,
		       "the signer's certificate is not trusted");
	free(der.bytes);
	party_free(&child);
}

static void a_certificate_not_for_signing_is_a_mismatch(void **state)
{
	struct der der = sign_by(&authority);
	struct error err;

	(void)state;
	assert_refused("keyCertSign", verify(der, &authority, &err), &err, ERROR_MISMATCH,
		       "not for signing");
	free(der.bytes);
}

static void a_damaged_signature_is_refused(void **state)
{
	struct der der = sign_by(&p256);
	struct error err;

	(void)state;
	for (size_t cut = 0; cut < der.size; cut++)
		assert_refused("cut",
			       signature_verify(descriptor, DESCRIPTOR_SIZE, der.bytes, cut,
						&p256.certificate_pem, 1, &err),
			       &err, ERROR_INPUT, "");
	/* the last byte belongs to the ECDSA value itself */
	der.bytes[der.size - 1] ^= 1;
	assert_refused("changed", verify(der, &p256, &err), &err, ERROR_MISMATCH,
		       "not over this descriptor");
	free(der.bytes);
}

/* A signature as OpenSSL makes it, with other flags or digest than ours. */
static struct der sign_otherwise(const struct party *party, const EVP_MD *digest, unsigned flags)
{
	BIO *content = BIO_new_mem_buf(descriptor, DESCRIPTOR_SIZE);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | flags);
	struct der der = { NULL, 0 };

	assert_non_null(
		CMS_add1_signer(cms, party->certificate, party->key, digest, CMS_PARTIAL | flags));
	assert_int_equal(CMS_final(cms, content, NULL, flags), 1);
	der.size = (size_t)i2d_CMS_ContentInfo(cms, &der.bytes);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	return der;
}

static void other_forms_of_cms(void **state)
{
	const struct {
		const char *name;
		const EVP_MD *digest;
		unsigned flags;
		const char *why; /* NULL: accepted */
	} rows[] = {
		{ "as ours", EVP_sha256(), CMS_DETACHED | CMS_BINARY, NULL },
		{ "sha512", EVP_sha512(), CMS_DETACHED | CMS_BINARY, NULL },
		{ "key ID", EVP_sha256(), CMS_DETACHED | CMS_BINARY | CMS_USE_KEYID, NULL },
		{ "no certificate in it", EVP_sha256(), CMS_DETACHED | CMS_BINARY | CMS_NOCERTS,
		  NULL },
		{ "sha1", EVP_sha1(), CMS_DETACHED | CMS_BINARY, "digest other than SHA-256" },
		{ "content in it", EVP_sha256(), CMS_BINARY, "carries its own content" },
		{ "no attributes", EVP_sha256(), CMS_DETACHED | CMS_BINARY | CMS_NOATTR,
		  "without signed attributes" },
	};
	struct party signer;
	struct error err;

	(void)state;
	signer = party_new(EVP_EC_gen("P-256"), "with a key ID", NULL, "digitalSignature",
			   EVP_sha256());
	add_extension(signer.certificate, NID_subject_key_identifier, "01:02:03");
	assert_true(X509_sign(signer.certificate, signer.key, EVP_sha256()) > 0);
	free((void *)(uintptr_t)signer.certificate_pem.bytes);
	signer.certificate_pem = certificate_to_pem(signer.certificate);
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct der der = sign_otherwise(&signer, rows[i].digest, rows[i].flags);
		if (rows[i].why)
			assert_refused(rows[i].name, verify(der, &signer, &err), &err, ERROR_INPUT,
				       rows[i].why);
		else
			assert_done(verify(der, &signer, &err), &err);
		OPENSSL_free(der.bytes);
	}
	party_free(&signer);
}

static void two_signers_are_refused(void **state)
{
	BIO *content = BIO_new_mem_buf(descriptor, DESCRIPTOR_SIZE);
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL;
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	struct der der = { NULL, 0 };
	struct error err;

	(void)state;
	assert_non_null(CMS_add1_signer(cms, p256.certificate, p256.key, NULL, flags));
	assert_non_null(CMS_add1_signer(cms, p384.certificate, p384.key, NULL, flags));
	assert_int_equal(CMS_final(cms, content, NULL, flags), 1);
	der.size = (size_t)i2d_CMS_ContentInfo(cms, &der.bytes);
	assert_refused("two", verify(der, &p256, &err), &err, ERROR_INPUT, "by 2 signers, not 1");
	OPENSSL_free(der.bytes);
	CMS_ContentInfo_free(cms);
	BIO_free(content);
}

static void what_is_not_a_signature_is_refused(void **state)
{
	static const uint8_t junk[] = { 0x30, 0x03, 0x02, 0x01, 0x00 };
	struct der der = sign_by(&p256);
	struct der longer = { malloc(der.size + 2), der.size + 2 };
	struct error err;

	(void)state;
	assert_refused("junk", verify((struct der){ (uint8_t *)(uintptr_t)junk, 5 }, &p256, &err),
		       &err, ERROR_INPUT, "not CMS in DER");
	memcpy(longer.bytes, der.bytes, der.size);
	memset(longer.bytes + der.size, 0, 2);
	assert_refused("longer", verify(longer, &p256, &err), &err, ERROR_INPUT,
		       "2 bytes after its end");
	longer.size = SEAL_SIGNATURE_MAX_BYTES + 1;
	assert_refused("too long", verify(longer, &p256, &err), &err, ERROR_INPUT,
		       "signature of 65537 bytes");
	free(longer.bytes);
	free(der.bytes);
}

static void keys_that_may_not_sign(void **state)
{
	const struct {
		const char *why;
		EVP_PKEY *key;
		const EVP_MD *digest;
	} rows[] = {
		{ "RSA key of 1024 bits, at least 2048", EVP_RSA_gen(1024), EVP_sha256() },
		{ "EC key on the curve secp256k1", EVP_EC_gen("secp256k1"), EVP_sha256() },
		{ "a type other than EC and RSA", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct party party =
			party_new(rows[i].key, "weak", NULL, "digitalSignature", rows[i].digest);
		struct der der = { NULL, 0 };
		struct error err;
		assert_refused(rows[i].why,
			       signature_sign(descriptor, DESCRIPTOR_SIZE, &party.key_pem,
					      &party.certificate_pem, 0, &der.bytes, &der.size,
					      &err),
			       &err, ERROR_INPUT, rows[i].why);
		assert_null(der.bytes);
		if (rows[i].digest) {
			der = sign_otherwise(&party, EVP_sha256(), CMS_DETACHED | CMS_BINARY);
			assert_int_equal(verify(der, &party, &err), -1);
			OPENSSL_free(der.bytes);
		}
		party_free(&party);
	}
}

static void sign_refuses_what_does_not_belong_together(void **state)
{
	static const uint8_t text[] = "no PEM";
	const struct pem junk = { text, sizeof(text) - 1 };
	const struct pem none = { NULL, 0 };
	struct pem encrypted = key_to_pem(p256.key, EVP_aes_128_cbc());
	const struct {
		const char *why;
		const struct pem *key, *certificate;
	} rows[] = {
		{ "not that of the certificate", &p256.key_pem, &p384.certificate_pem },
		{ "signing key: not a private key", &junk, &p256.certificate_pem },
		{ "PEM without a passphrase", &encrypted, &p256.certificate_pem },
		{ "signing certificate: not a certificate", &p256.key_pem, &junk },
		{ "signing key of 0 bytes", &none, &p256.certificate_pem },
		{ "not a certificate", &p256.key_pem, &p256.key_pem },
	};
	struct der der = { NULL, 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++)
		assert_refused(rows[i].why,
			       signature_sign(descriptor, DESCRIPTOR_SIZE, rows[i].key,
					      rows[i].certificate, 0, &der.bytes, &der.size, &err),
			       &err, ERROR_INPUT, rows[i].why);
	assert_null(der.bytes);
	free((void *)(uintptr_t)encrypted.bytes);
}

static void golden_signatures_verify(void **state)
{
	static const struct {
		const char *signature, *certificate;
	} rows[] = {
		{ GOLDEN("signature-p256.der"), GOLDEN("p256.crt") },
		{ GOLDEN("signature-rsa.der"), GOLDEN("rsa.crt") },
		{ GOLDEN("signature-chain.der"), GOLDEN("ca.crt") },
		{ GOLDEN("rsa-openssl.der"), GOLDEN("rsa.crt") },
		{ GOLDEN("chain-openssl.der"), GOLDEN("ca.crt") },
	};
	size_t size;
	cleanup_free uint8_t *bytes = golden(GOLDEN("descriptor.json"), &size);

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		size_t signature_size;
		size_t certificate_size;
		cleanup_free uint8_t *signature = golden(rows[i].signature, &signature_size);
		cleanup_free uint8_t *certificate = golden(rows[i].certificate, &certificate_size);
		struct pem trusted = { certificate, certificate_size };
		struct error err;
		assert_done(
			signature_verify(bytes, size, signature, signature_size, &trusted, 1, &err),
			&err);
		assert_refused(rows[i].signature,
			       signature_verify(bytes, size, signature, signature_size,
						&p256.certificate_pem, 1, &err),
			       &err, ERROR_MISMATCH, "not trusted");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_and_verifies_with_each_kind_of_key),
		cmocka_unit_test(one_of_several_trusted_certificates_is_enough),
		cmocka_unit_test(rsa_signs_the_same_twice),
		cmocka_unit_test(another_descriptor_is_a_mismatch),
		cmocka_unit_test(a_namesake_is_a_mismatch),
		cmocka_unit_test(a_leaf_cannot_issue),
		cmocka_unit_test(a_certificate_not_for_signing_is_a_mismatch),
		cmocka_unit_test(a_damaged_signature_is_refused),
		cmocka_unit_test(other_forms_of_cms),
		cmocka_unit_test(two_signers_are_refused),
		cmocka_unit_test(what_is_not_a_signature_is_refused),
		cmocka_unit_test(keys_that_may_not_sign),
		cmocka_unit_test(sign_refuses_what_does_not_belong_together),
		cmocka_unit_test(golden_signatures_verify),
	};

	return cmocka_run_group_tests(tests, make_parties, free_parties);
}
