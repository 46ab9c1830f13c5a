// SPDX-License-Identifier: Apache-2.0
#include "guest-init/stream_tls.h"

#include <stdbool.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/cleanup.h"

DEFINE_CLEANUP(free_context, SSL_CTX, SSL_CTX_free)
DEFINE_CLEANUP(free_tls, SSL, SSL_free)

static int add_pem(X509_STORE *store, const struct pem *pem, struct error *err)
{
	BIO *bio = BIO_new_mem_buf(pem->bytes, (int)pem->size);
	size_t count = 0;
	int added = 1;

	if (!bio)
		return error_memory(err);
	for (X509 *x; added && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)); count++) {
		added = X509_STORE_add_cert(store, x);
		X509_free(x);
	}
	bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	(void)BIO_free(bio);
	if (!added || !at_end || count == 0) {
		ERR_clear_error();
		return error_input(err, "a CA file of the initrd is damaged");
	}
	ERR_clear_error();
	return 0;
}

static int set_trust(SSL_CTX *context, const struct pem *ca, size_t ca_count, struct error *err)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);

	if (ca_count == 0)
		return error_input(err, "https, but the initrd holds no CA certificate");
	for (size_t i = 0; i < ca_count; i++)
		if (add_pem(SSL_CTX_get_cert_store(context), &ca[i], err) < 0)
			return -1;
	/* any certificate that was given is an anchor, as with signatures; the clock is the host's
	 */
	if (!X509_VERIFY_PARAM_set_flags(param,
					 X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME))
		return error_crypto(err, "TLS");
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	return 0;
}

int stream_tls_new(int fd, const char *host, const struct pem *ca, size_t ca_count, SSL **result,
		   struct error *err)
{
	CLEANUP(free_context) SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (!context || !SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION))
		return error_crypto(err, "TLS");
	if (set_trust(context, ca, ca_count, err) < 0)
		return -1;
	CLEANUP(free_tls) SSL *tls = SSL_new(context);
	if (!tls || !X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) ||
	    !SSL_set_fd(tls, fd))
		return error_crypto(err, "TLS");
	*result = take_ptr(tls);
	return 0;
}
