// SPDX-License-Identifier: Apache-2.0
#include "format/signature.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "format/seal.h"
#include "format/signature_openssl.h"

/* OpenSSL's level for 112 bits of security: no SHA-1, no RSA below 2048, in the whole chain. */
enum { SECURITY_LEVEL = 2 };

static int decode(const uint8_t *bytes, size_t size, CMS_ContentInfo **cms, struct error *err)
{
	const uint8_t *end = bytes;

	if (size == 0 || size > SEAL_SIGNATURE_MAX_BYTES)
		return error_input(err, "signature of %zu bytes, from 1 to %d", size,
				   SEAL_SIGNATURE_MAX_BYTES);
	*cms = d2i_CMS_ContentInfo(NULL, &end, (long)size);
	if (!*cms) {
		ERR_clear_error();
		return error_input(err, "signature is not CMS in DER");
	}
	if (end != bytes + size)
		return error_input(err, "signature has %zu bytes after its end",
				   (size_t)(bytes + size - end));
	return 0;
}

static bool digest_strong(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *object;

	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	switch (OBJ_obj2nid(object)) {
	case NID_sha256:
	case NID_sha384:
	case NID_sha512:
		return true;
	default:
		return false;
	}
}

/* One signer, with signed attributes, over content that is elsewhere. */
static int check_form(CMS_ContentInfo *cms, CMS_SignerInfo **signer, struct error *err)
{
	if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		return error_input(err, "signature is CMS, but not signed data");
	if (OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
		return error_input(err, "signature over content of a type other than data");
	if (CMS_is_detached(cms) != 1)
		return error_input(err, "signature carries its own content");
	STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);
	if (sk_CMS_SignerInfo_num(signers) != 1)
		return error_input(err, "signature by %d signers, not 1",
				   sk_CMS_SignerInfo_num(signers));
	*signer = sk_CMS_SignerInfo_value(signers, 0);
	if (CMS_signed_get_attr_count(*signer) <= 0)
		return error_input(err, "signature without signed attributes");

	X509_ALGOR *digest;
	CMS_SignerInfo_get0_algs(*signer, NULL, NULL, &digest, NULL);
	if (!digest_strong(digest))
		return error_input(err, "signature with a digest other than SHA-256, -384 or -512");
	return 0;
}

static int make_store(STACK_OF(X509) * trusted, X509_STORE **result, struct error *err)
{
	CLEANUP(cleanup_store_p) X509_STORE *store = X509_STORE_new();

	if (!store)
		return error_memory(err);
	for (int i = 0; i < sk_X509_num(trusted); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(trusted, i)) != 1)
			return error_crypto(err, "taking up a trusted certificate");

	X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
	/* partial chain: a certificate on the list is trusted itself, self-signed or not */
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
						       X509_V_FLAG_NO_CHECK_TIME) != 1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) != 1)
		return error_crypto(err, "setting what to verify");
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	*result = take_ptr(store);
	return 0;
}

/* CMS_verify() said no: the newest of its errors that carries a reason a person can use. */
static int refuse(struct error *err)
{
	unsigned long code = ERR_peek_last_error();
	const char *data = NULL;
	int flags = 0;

	(void)ERR_peek_last_error_data(&data, &flags);
	bool trust = ERR_GET_LIB(code) == ERR_LIB_CMS &&
		     ERR_GET_REASON(code) == CMS_R_CERTIFICATE_VERIFY_ERROR;
	bool unknown = ERR_GET_LIB(code) == ERR_LIB_CMS &&
		       ERR_GET_REASON(code) == CMS_R_SIGNER_CERTIFICATE_NOT_FOUND;
	if (trust)
		(void)error_mismatch(err, "the signer's certificate is not trusted (%s)",
				     data && flags & ERR_TXT_STRING ? data : "no reason given");
	else if (unknown)
		(void)error_mismatch(err, "the signer's certificate is neither in the signature "
					  "nor trusted");
	else
		(void)error_mismatch(err, "the signature is not over this descriptor");
	ERR_clear_error();
	return -1;
}

/* Of the certificate that CMS_verify() chained: purpose "any" does not look at key usage. */
static int check_signer(CMS_SignerInfo *signer, struct error *err)
{
	EVP_PKEY *key;
	X509 *certificate;

	CMS_SignerInfo_get0_algs(signer, &key, &certificate, NULL, NULL);
	if (!key || !certificate)
		return error_input(err, "signer without a certificate");
	if (signature_check_key(key, err) < 0)
		return error_prefix(err, "signer's certificate");
	if (!(X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE))
		return error_mismatch(err, "the signer's certificate is not for signing");
	return 0;
}

int signature_verify(const uint8_t *descriptor, size_t descriptor_size, const uint8_t *signature,
		     size_t signature_size, const struct pem *trusted, size_t count,
		     struct error *err)
{
	CLEANUP(cleanup_certificates_p) STACK_OF(X509) *list = sk_X509_new_null();
	CLEANUP(cleanup_store_p) X509_STORE *store = NULL;
	CLEANUP(cleanup_cms_p) CMS_ContentInfo *cms = NULL;
	CMS_SignerInfo *signer = NULL;

	if (!list)
		return error_memory(err);
	if (count == 0)
		return error_input(err, "no certificate to trust");
	if (descriptor_size > SEAL_DESCRIPTOR_MAX_BYTES)
		return error_input(err, "descriptor of %zu bytes, at most %d", descriptor_size,
				   SEAL_DESCRIPTOR_MAX_BYTES);
	for (size_t i = 0; i < count; i++)
		if (signature_read_certificates(&trusted[i], list, err) < 0)
			return error_prefix(err, "trusted certificate %zu", i + 1);
	if (make_store(list, &store, err) < 0 || decode(signature, signature_size, &cms, err) < 0 ||
	    check_form(cms, &signer, err) < 0)
		return -1;

	/* the list also stands for certificates that the signature leaves out */
	CLEANUP(cleanup_bio_p) BIO *content = BIO_new_mem_buf(descriptor, (int)descriptor_size);
	if (!content)
		return error_memory(err);
	ERR_clear_error();
	if (CMS_verify(cms, list, store, content, NULL, CMS_BINARY) != 1)
		return refuse(err);
	return check_signer(signer, err);
}
