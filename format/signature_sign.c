// SPDX-License-Identifier: Apache-2.0
#include "format/signature.h"

#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "format/seal.h"
#include "format/signature_openssl.h"

DEFINE_CLEANUP(cleanup_time_p, ASN1_TIME, ASN1_TIME_free)

/* The attribute is added by hand, for OpenSSL would put the time of the clock. */
static int set_signing_time(CMS_SignerInfo *signer, int64_t when, struct error *err)
{
	CLEANUP(cleanup_time_p) ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)when);

	if (!time || CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
						 ASN1_STRING_type(time), time, -1) != 1)
		return error_crypto(err, "setting the signing time");
	return 0;
}

static int check_signer(X509 *certificate, EVP_PKEY *key, struct error *err)
{
	if (signature_check_key(key, err) < 0)
		return error_prefix(err, "signing key");
	if (X509_check_private_key(certificate, key) != 1) {
		ERR_clear_error();
		return error_input(err, "the signing key is not that of the certificate");
	}
	return 0;
}

static int encode(CMS_ContentInfo *cms, uint8_t **signature, size_t *size, struct error *err)
{
	int length = i2d_CMS_ContentInfo(cms, NULL);

	if (length <= 0)
		return error_crypto(err, "encoding a signature");
	if (length > SEAL_SIGNATURE_MAX_BYTES)
		return error_input(err, "signature of %d bytes, at most %d: too many certificates",
				   length, SEAL_SIGNATURE_MAX_BYTES);
	cleanup_free uint8_t *bytes = malloc((size_t)length);
	if (!bytes)
		return error_memory(err);
	uint8_t *end = bytes;
	if (i2d_CMS_ContentInfo(cms, &end) != length)
		return error_crypto(err, "encoding a signature");
	*size = (size_t)length;
	*signature = take_ptr(bytes);
	return 0;
}

int signature_sign(const uint8_t *descriptor, size_t descriptor_size, const struct pem *key,
		   const struct pem *certificate, int64_t time, uint8_t **signature,
		   size_t *signature_size, struct error *err)
{
	const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_PARTIAL | CMS_NOSMIMECAP;
	CLEANUP(cleanup_certificates_p) STACK_OF(X509) *chain = sk_X509_new_null();
	CLEANUP(cleanup_key_p) EVP_PKEY *private = NULL;

	if (!chain)
		return error_memory(err);
	if (descriptor_size > SEAL_DESCRIPTOR_MAX_BYTES)
		return error_input(err, "descriptor of %zu bytes, at most %d", descriptor_size,
				   SEAL_DESCRIPTOR_MAX_BYTES);
	if (signature_read_certificates(certificate, chain, err) < 0)
		return error_prefix(err, "signing certificate");
	if (signature_read_key(key, &private, err) < 0)
		return error_prefix(err, "signing key");
	X509 *signer_certificate = sk_X509_value(chain, 0);
	if (check_signer(signer_certificate, private, err) < 0)
		return -1;

	CLEANUP(cleanup_bio_p) BIO *content = BIO_new_mem_buf(descriptor, (int)descriptor_size);
	CLEANUP(cleanup_cms_p)
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, chain, NULL, flags);
	const EVP_MD *digest = EVP_PKEY_get_bits(private) == 384 ? EVP_sha384() : EVP_sha256();
	/* no certificates with the signer: the whole chain is in already */
	CMS_SignerInfo *signer =
		cms ? CMS_add1_signer(cms, signer_certificate, private, digest, flags | CMS_NOCERTS)
		    : NULL;
	if (!content || !signer)
		return error_crypto(err, "preparing a signature");
	if (set_signing_time(signer, time, err) < 0)
		return -1;
	if (CMS_final(cms, content, NULL, flags) != 1)
		return error_crypto(err, "signing the descriptor");
	return encode(cms, signature, signature_size, err);
}
