// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/certificates.h"

#include <string.h>

#include <openssl/pem.h>

#include "common/hex.h"
#include "common/io.h"
#include "format/signature_openssl.h"

enum { FINGERPRINT_BYTES = 32 };

static int add_one(struct file_list *list, const char *directory, X509 *certificate,
		   struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = BIO_new(BIO_s_mem());
	uint8_t fingerprint[FINGERPRINT_BYTES];
	char name[2 * FINGERPRINT_BYTES + 1];
	cleanup_free char *path = NULL;
	char *pem;

	if (!bio || X509_digest(certificate, EVP_sha256(), fingerprint, NULL) != 1 ||
	    PEM_write_bio_X509(bio, certificate) != 1)
		return error_crypto(err, "copying a certificate");
	hex_encode(fingerprint, sizeof(fingerprint), name);
	if (asprintf(&path, "%s/%s.pem", directory, name) < 0) {
		path = NULL;
		return error_memory(err);
	}
	if (file_list_find(list, path))
		return 0;
	size_t size = (size_t)BIO_get_mem_data(bio, &pem);
	cleanup_free uint8_t *bytes = malloc(size);
	if (!bytes)
		return error_memory(err);
	memcpy(bytes, pem, size);
	return file_list_add(list, path, 0644, &bytes, size, err);
}

int certificates_add(struct file_list *list, const char *directory, const char *path,
		     struct error *err)
{
	CLEANUP(cleanup_certificates_p) STACK_OF(X509) *found = sk_X509_new_null();
	cleanup_free uint8_t *bytes = NULL;
	struct pem pem = { 0 };

	if (!found)
		return error_memory(err);
	if (file_read(path, SIGNATURE_PEM_MAX_BYTES, &bytes, &pem.size, err) < 0)
		return -1;
	pem.bytes = bytes;
	if (signature_read_certificates(&pem, found, err) < 0)
		return error_prefix(err, "%s", path);
	for (int i = 0; i < sk_X509_num(found); i++)
		if (add_one(list, directory, sk_X509_value(found, i), err) < 0)
			return error_prefix(err, "%s", path);
	return 0;
}
