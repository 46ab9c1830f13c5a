// SPDX-License-Identifier: Apache-2.0
/* What signing and verifying share, and what reads certificates for the initrd. */
#pragma once

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "common/cleanup.h"
#include "format/signature.h"

enum {
	SIGNATURE_RSA_MIN_BITS = 2048,
};

static inline void free_certificates(STACK_OF(X509) * list)
{
	sk_X509_pop_free(list, X509_free);
}

DEFINE_CLEANUP(cleanup_bio_p, BIO, BIO_free_all)
DEFINE_CLEANUP(cleanup_key_p, EVP_PKEY, EVP_PKEY_free)
DEFINE_CLEANUP(cleanup_cms_p, CMS_ContentInfo, CMS_ContentInfo_free)
DEFINE_CLEANUP(cleanup_store_p, X509_STORE, X509_STORE_free)
DEFINE_CLEANUP(cleanup_certificates_p, STACK_OF(X509), free_certificates)

/* A private key, not encrypted. The caller frees *key. */
int signature_read_key(const struct pem *pem, EVP_PKEY **key, struct error *err) MUST_CHECK;

/* Appends one certificate or more to `list`, which owns them. */
int signature_read_certificates(const struct pem *pem, STACK_OF(X509) * list, struct error *err)
	MUST_CHECK;

/* ERROR_INPUT for a key that may not sign. */
int signature_check_key(const EVP_PKEY *key, struct error *err) MUST_CHECK;
