// SPDX-License-Identifier: Apache-2.0
#include "format/signature.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "common/cleanup.h"
#include "format/signature_openssl.h"

/* Not one of ours asks a terminal for a passphrase, which is what PEM_read_bio_* do by default. */
static int no_passphrase(char *buf, int size, int writing, void *data)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static BIO *open_pem(const struct pem *pem, const char *what, struct error *err)
{
	if (pem->size == 0 || pem->size > SIGNATURE_PEM_MAX_BYTES) {
		(void)error_input(err, "%s of %zu bytes, from 1 to %d", what, pem->size,
				  SIGNATURE_PEM_MAX_BYTES);
		return NULL;
	}
	BIO *bio = BIO_new_mem_buf(pem->bytes, (int)pem->size);
	if (!bio)
		(void)error_memory(err);
	return bio;
}

int signature_read_key(const struct pem *pem, EVP_PKEY **key, struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = open_pem(pem, "signing key", err);

	if (!bio)
		return -1;
	*key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	if (!*key) {
		ERR_clear_error();
		return error_input(err, "not a private key in PEM without a passphrase");
	}
	return 0;
}

int signature_read_certificates(const struct pem *pem, STACK_OF(X509) * list, struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = open_pem(pem, "certificate", err);
	int before = sk_X509_num(list);
	X509 *certificate;

	if (!bio)
		return -1;
	while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
		if (!sk_X509_push(list, certificate)) {
			X509_free(certificate);
			return error_memory(err);
		}
	}
	/* the reader ends either way: at the end of the text, or at a certificate it cannot read */
	unsigned long why = ERR_peek_last_error();
	ERR_clear_error();
	if (sk_X509_num(list) == before || ERR_GET_LIB(why) != ERR_LIB_PEM ||
	    ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
		return error_input(err, "not a certificate in PEM");
	return 0;
}

int signature_check_key(const EVP_PKEY *key, struct error *err)
{
	char group[64];

	if (EVP_PKEY_is_a(key, "RSA")) {
		if (EVP_PKEY_get_bits(key) < SIGNATURE_RSA_MIN_BITS)
			return error_input(err, "RSA key of %d bits, at least %d",
					   EVP_PKEY_get_bits(key), SIGNATURE_RSA_MIN_BITS);
		return 0;
	}
	if (!EVP_PKEY_is_a(key, "EC"))
		return error_input(err, "a key of a type other than EC and RSA");
	if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return error_input(err, "EC key without a named curve");
	if (strcmp(group, "prime256v1") != 0 && strcmp(group, "secp384r1") != 0)
		return error_input(err, "EC key on the curve %s, not P-256 or P-384", group);
	return 0;
}
