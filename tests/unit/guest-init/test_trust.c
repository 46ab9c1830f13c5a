// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "attest/report_data.h"
#include "common/cleanup.h"
#include "guest-init/trust.h"

static const uint8_t descriptor[] = "{}";

static char certificate_text[2][4096], signer_key_text[4096];
static struct pem certificates[2];
static uint8_t *signature;
static size_t signature_size;

static void write_pem(BIO *bio, char *text, size_t text_bytes)
{
	int n = BIO_read(bio, text, (int)text_bytes - 1);

	assert_true(n > 0);
	text[n] = '\0';
	(void)BIO_free(bio);
}

/* A signer and somebody else, self-signed; the first one's signature over the descriptor. */
static int sign(void **state)
{
	struct error err;

	(void)state;
	for (int i = 0; i < 2; i++) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *x = X509_new();
		assert_true(X509_set_version(x, X509_VERSION_3) && X509_set_pubkey(x, key));
		assert_true(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
						       (const uint8_t *)(i ? "b" : "a"), -1, -1,
						       0));
		assert_true(X509_set_issuer_name(x, X509_get_subject_name(x)));
		assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
		assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 3600));
		assert_true(ASN1_INTEGER_set(X509_get_serialNumber(x), i + 1));
		assert_true(X509_sign(x, key, EVP_sha256()) > 0);
		BIO *bio = BIO_new(BIO_s_mem());
		assert_true(PEM_write_bio_X509(bio, x));
		write_pem(bio, certificate_text[i], sizeof(certificate_text[i]));
		certificates[i] = (struct pem){ (const uint8_t *)certificate_text[i],
						strlen(certificate_text[i]) };
		if (i == 0) {
			bio = BIO_new(BIO_s_mem());
			assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
			write_pem(bio, signer_key_text, sizeof(signer_key_text));
		}
		X509_free(x);
		EVP_PKEY_free(key);
	}
	const struct pem key = { (const uint8_t *)signer_key_text, strlen(signer_key_text) };
	assert_done(signature_sign(descriptor, sizeof(descriptor), &key, &certificates[0], 0,
				   &signature, &signature_size, &err),
		    &err);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	free(signature);
	return 0;
}

enum digest { NOBODYS, OURS, ANOTHER };

/* Each row is a guest; `why` NULL: it accepts the descriptor. */
static const struct row {
	const char *name;
	enum digest pinned;
	enum cmdline_bind bind;
	enum digest host_data; /* NOBODYS: no report */
	enum digest initdata;  /* what it names; HOST_DATA follows unless given */
	unsigned certificates; /* bit 0: the signer's, bit 1: another's */
	bool is_signed;
	enum error_kind kind;
	const char *why;
	const char *how;
} rows[] = {
	{ .name = "pinned", .pinned = OURS, .how = "by the command line" },
	{ .name = "another pinned",
	  .pinned = ANOTHER,
	  .kind = ERROR_MISMATCH,
	  .why = "podseal.seal asks for sha256:" },
	{ .name = "another pinned, though signed",
	  .pinned = ANOTHER,
	  .certificates = 1,
	  .is_signed = true,
	  .kind = ERROR_MISMATCH,
	  .why = "podseal.seal asks for" },
	{ .name = "pinned, another's certificate",
	  .pinned = OURS,
	  .certificates = 2,
	  .how = "by the command line" },
	{ .name = "signed", .certificates = 1, .is_signed = true, .how = "by its signature" },
	{ .name = "signed, two certificates",
	  .certificates = 3,
	  .is_signed = true,
	  .how = "by its signature" },
	{ .name = "signed by another",
	  .certificates = 2,
	  .is_signed = true,
	  .kind = ERROR_MISMATCH,
	  .why = "sign" },
	{ .name = "not signed", .certificates = 1, .kind = ERROR_INPUT, .why = "no signature" },
	{ .name = "nothing",
	  .is_signed = true,
	  .kind = ERROR_INPUT,
	  .why = "nothing says what to trust" },
	{ .name = "HOST_DATA", .bind = BIND_HOST_DATA, .host_data = OURS, .how = "by HOST_DATA" },
	{ .name = "another HOST_DATA",
	  .bind = BIND_HOST_DATA,
	  .host_data = ANOTHER,
	  .certificates = 1,
	  .is_signed = true,
	  .kind = ERROR_MISMATCH,
	  .why = "HOST_DATA is" },
	{ .name = "no report",
	  .bind = BIND_HOST_DATA,
	  .kind = ERROR_INPUT,
	  .why = "has no report" },
	{ .name = "pinned, another HOST_DATA",
	  .pinned = OURS,
	  .bind = BIND_HOST_DATA,
	  .host_data = ANOTHER,
	  .kind = ERROR_MISMATCH,
	  .why = "HOST_DATA is" },
	{ .name = "HOST_DATA, another pinned",
	  .pinned = ANOTHER,
	  .bind = BIND_HOST_DATA,
	  .host_data = OURS,
	  .kind = ERROR_MISMATCH,
	  .why = "podseal.seal asks for" },
	{ .name = "initdata", .bind = BIND_INITDATA, .initdata = OURS, .how = "by initdata" },
	{ .name = "initdata names another",
	  .bind = BIND_INITDATA,
	  .initdata = ANOTHER,
	  .kind = ERROR_MISMATCH,
	  .why = "initdata names sha256:" },
	{ .name = "initdata of another HOST_DATA",
	  .bind = BIND_INITDATA,
	  .initdata = OURS,
	  .host_data = ANOTHER,
	  .kind = ERROR_MISMATCH,
	  .why = "the digest of the initdata is" },
	{ .name = "seal digest as HOST_DATA",
	  .bind = BIND_INITDATA,
	  .initdata = OURS,
	  .host_data = OURS,
	  .kind = ERROR_MISMATCH,
	  .why = "the digest of the initdata is" },
	{ .name = "no initdata",
	  .bind = BIND_INITDATA,
	  .host_data = OURS,
	  .kind = ERROR_INPUT,
	  .why = "there is no initdata" },
};

static int judge(const struct row *row, const char **how, struct error *err)
{
	uint8_t digest[NOBODYS + 3][SEAL_DIGEST_BYTES] = { { 0 } };
	uint8_t host_data[SNP_HOST_DATA_BYTES];
	char initdata[512], text[SEAL_DIGEST_TEXT_BYTES];
	struct cmdline cmdline = { .has_seal = row->pinned != NOBODYS, .bind = row->bind };
	struct trust trust = { .cmdline = &cmdline };
	struct seal seal = { descriptor, sizeof(descriptor), NULL, 0 };

	seal_digest(descriptor, sizeof(descriptor), digest[OURS]);
	digest[ANOTHER][0] = 1;
	memcpy(cmdline.seal, digest[row->pinned], sizeof(cmdline.seal));
	seal_digest_to_text(digest[row->initdata], text);
	(void)snprintf(initdata, sizeof(initdata),
		       "algorithm = \"sha384\"\nversion = \"0.1.0\"\n[data]\n\"podseal.seal\" = "
		       "\"%s\"\n",
		       text);
	kbs_host_data(initdata, strlen(initdata), KBS_SHA384, host_data);
	if (row->host_data != NOBODYS)
		memcpy(host_data, digest[row->host_data], sizeof(host_data));
	if (row->host_data != NOBODYS || row->initdata != NOBODYS)
		trust.host_data = host_data;
	if (row->initdata != NOBODYS)
		trust.initdata = initdata;
	trust.certificates = row->certificates & 1 ? certificates : certificates + 1;
	trust.certificate_count = (row->certificates & 1) + (row->certificates >> 1);
	if (row->is_signed) {
		seal.signature = signature;
		seal.signature_bytes = signature_size;
	}
	return trust_check(&trust, &seal, digest[OURS], how, err);
}

static void each_guest(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		const char *how = "untouched";
		int result = judge(&rows[i], &how, &err);
		if (rows[i].why) {
			assert_refused(rows[i].name, result, &err, rows[i].kind, rows[i].why);
			assert_string_equal(how, "untouched");
		} else if (result < 0 || strcmp(how, rows[i].how) != 0) {
			fail_msg("%s: %s", rows[i].name, result < 0 ? err.text : how);
		}
	}
}

static void only_our_own_machine(void **state)
{
	struct error err;

	(void)state;
	assert_done(trust_check_arch(DESCRIPTOR_X86_64, "x86_64", &err), &err);
	assert_done(trust_check_arch(DESCRIPTOR_AARCH64, "aarch64", &err), &err);
	assert_refused("aarch64", trust_check_arch(DESCRIPTOR_AARCH64, "x86_64", &err), &err,
		       ERROR_MISMATCH, "the image is for aarch64, this machine is x86_64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_our_own_machine),
		cmocka_unit_test(each_guest),
	};

	return cmocka_run_group_tests(tests, sign, forget);
}
