// SPDX-License-Identifier: Apache-2.0
/* Reading certificates, DER or PEM, within bounds. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "attest/snp_certificate.h"

DEFINE_CLEANUP(cleanup_bio_p, BIO, BIO_free_all)

struct pem_block {
	char *name;
	char *header;
	unsigned char *bytes;
	long size;
};

static void pem_block_clear(struct pem_block *block)
{
	OPENSSL_free(block->name);
	OPENSSL_free(block->header);
	OPENSSL_free(block->bytes);
}

int snp_certificates_new(struct snp_certificates **certificates, struct error *err)
{
	struct snp_certificates *c = calloc(1, sizeof(*c));

	if (!c)
		return error_memory(err);
	*certificates = c;
	return 0;
}

void snp_certificates_free(struct snp_certificates *certificates)
{
	if (!certificates)
		return;
	for (size_t i = 0; i < certificates->count; i++)
		X509_free(certificates->list[i]);
	free(certificates);
}

int snp_certificates_add_all(struct snp_certificates *certificates,
			     const struct snp_certificates *others, struct error *err)
{
	if (others->count > SNP_CERTIFICATES_MAX - certificates->count)
		return error_input(err, "more than %d certificates", SNP_CERTIFICATES_MAX);
	for (size_t i = 0; i < others->count; i++) {
		(void)X509_up_ref(others->list[i]);
		certificates->list[certificates->count++] = others->list[i];
	}
	return 0;
}

size_t snp_certificates_count(const struct snp_certificates *certificates)
{
	return certificates->count;
}

static int der_append(struct snp_certificates *to, const uint8_t *bytes, size_t size,
		      struct error *err)
{
	const unsigned char *p = bytes;

	if (to->count == SNP_CERTIFICATES_MAX)
		return error_input(err, "more than %d certificates", SNP_CERTIFICATES_MAX);
	if (size > SNP_CERTIFICATE_MAX_BYTES)
		return error_input(err, "a certificate of %zu bytes, at most %d", size,
				   SNP_CERTIFICATE_MAX_BYTES);
	cleanup_x509 X509 *certificate = d2i_X509(NULL, &p, (long)size);
	if (!certificate || p != bytes + size) {
		ERR_clear_error();
		return error_input(err, "not an X.509 certificate in DER");
	}
	to->list[to->count++] = take_ptr(certificate);
	return 0;
}

static int pem_append(struct snp_certificates *to, const uint8_t *bytes, size_t size,
		      struct error *err)
{
	CLEANUP(cleanup_bio_p) BIO *bio = BIO_new_mem_buf(bytes, (int)size);

	if (!bio)
		return error_memory(err);
	for (;;) {
		CLEANUP(pem_block_clear) struct pem_block b = { 0 };

		if (PEM_read_bio(bio, &b.name, &b.header, &b.bytes, &b.size) != 1)
			break;
		if (strcmp(b.name, PEM_STRING_X509))
			return error_input(err, "PEM block \"%s\" is not a certificate", b.name);
		if (der_append(to, b.bytes, (size_t)b.size, err) < 0)
			return -1;
	}
	/* the end of the text is the one way to stop that is no error */
	bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	return at_end ? 0 : error_input(err, "not a valid PEM text");
}

int snp_certificates_add(struct snp_certificates *certificates, const uint8_t *bytes, size_t size,
			 struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *found = NULL;

	if (size > SNP_PEM_MAX_BYTES)
		return error_input(err, "certificates of %zu bytes, at most %d", size,
				   SNP_PEM_MAX_BYTES);
	if (snp_certificates_new(&found, err) < 0)
		return -1;
	/* DER begins with SEQUENCE, which no PEM text does */
	bool der = size > 0 && bytes[0] == 0x30;
	if ((der ? der_append(found, bytes, size, err) : pem_append(found, bytes, size, err)) < 0)
		return -1;
	if (found->count == 0)
		return error_input(err, "no certificate in it");
	if (found->count > SNP_CERTIFICATES_MAX - certificates->count)
		return error_input(err, "more than %d certificates", SNP_CERTIFICATES_MAX);
	for (size_t i = 0; i < found->count; i++)
		certificates->list[certificates->count++] = found->list[i];
	found->count = 0;
	return 0;
}

int snp_certificate_parse(const uint8_t *bytes, size_t size, X509 **certificate, struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *found = NULL;

	if (snp_certificates_new(&found, err) < 0 ||
	    snp_certificates_add(found, bytes, size, err) < 0)
		return -1;
	if (found->count != 1)
		return error_input(err, "%zu certificates where one is wanted", found->count);
	found->count = 0;
	*certificate = found->list[0];
	return 0;
}
