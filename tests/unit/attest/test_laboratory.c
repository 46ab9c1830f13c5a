// SPDX-License-Identifier: Apache-2.0
/* Chains that only a laboratory can make: right ones under a root of its own, and ones that are
 * wrong in one point each. */
#include "vectors.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "attest/cert_table.h"
#include "attest/laboratory.h"
#include "attest/laboratory_report.h"
#include "attest/snp_chain.h"
#include "attest/snp_signature.h"
#include "common/hex.h"

#define NOW ((time_t)1748736000)

static const struct laboratory_options options = {
	.product = SNP_GENOA,
	.tcb = { false, 0, 10, 0, 23, 200 },
	.chip_id = { 0xc1, 0xc2, [63] = 0xff },
	.not_before = NOW - 86400,
	.not_after = NOW + 86400,
};

static struct laboratory *lab; /* RSA-4096 keys take a while: one for all tests */
static uint8_t trusted[1][SNP_SPKI_DIGEST_BYTES];
static const struct snp_trust trust = { trusted, 1 };

static uint8_t *der_of(X509 *certificate, size_t *size)
{
	unsigned char *der = NULL;
	int n = i2d_X509(certificate, &der);

	assert_true(n > 0);
	*size = (size_t)n;
	return der;
}

static int set_up(void **state)
{
	struct error err;
	size_t size;

	(void)state;
	if (laboratory_new(&options, &lab, &err) < 0)
		return -1;
	uint8_t *der = der_of(lab->ark, &size);
	int failed = snp_ark_digest(der, size, trusted[0], &err);
	OPENSSL_free(der);
	return failed;
}

static int tear_down(void **state)
{
	(void)state;
	laboratory_free(lab);
	return 0;
}

static int verify(X509 *vek, X509 *ask, X509 *ark, const struct snp_trust *who,
		  struct snp_vek **verified, struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *chain = NULL;
	X509 *certificates[] = { ask, ark };
	size_t size;

	if (snp_certificates_new(&chain, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		uint8_t *der = der_of(certificates[i], &size);
		int failed = snp_certificates_add(chain, der, size, err);
		OPENSSL_free(der);
		if (failed)
			return -1;
	}
	uint8_t *der = der_of(vek, &size);
	int result = snp_chain_verify(der, size, chain, who, NOW, verified, err);
	OPENSSL_free(der);
	return result;
}

static void its_root_counts_only_where_it_is_named(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	static const uint8_t another[1][SNP_SPKI_DIGEST_BYTES] = { { 1 } };
	const struct snp_trust other = { another, 1 };

	(void)state;
	assert_fails(ERROR_MISMATCH, "is a pinned ARK",
		     verify(lab->vcek, lab->ask, lab->ark, NULL, &vek, &err));
	assert_fails(ERROR_MISMATCH, "is a pinned ARK",
		     verify(lab->vcek, lab->ask, lab->ark, &other, &vek, &err));
	assert_ok(verify(lab->vcek, lab->ask, lab->ark, &trust, &vek, &err));
	assert_true(vek->laboratory_root);
	assert_int_equal(vek->tcb.microcode, 200);
	assert_memory_equal(vek->hardware_id, options.chip_id, 64);
}

static void a_laboratory_report_verifies(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	struct snp_report report = { .version = 5,
				     .policy = 0x30000,
				     .signature_algorithm = 1,
				     .cpuid_family = 0x19,
				     .cpuid_model = 0x11,
				     .current_tcb = options.tcb,
				     .reported_tcb = options.tcb,
				     .committed_tcb = options.tcb,
				     .launch_tcb = options.tcb };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct snp_report read;

	(void)state;
	memcpy(report.chip_id, options.chip_id, sizeof(report.chip_id));
	snp_report_encode(&report, bytes);
	assert_ok(snp_signature_make(bytes, lab->vcek_key, &err));
	assert_ok(verify(lab->vcek, lab->ask, lab->ark, &trust, &vek, &err));
	assert_ok(snp_report_verify(bytes, sizeof(bytes), vek, &read, &err));

	bytes[0x34] = 2; /* another algorithm, though the signature be right */
	assert_ok(snp_signature_make(bytes, lab->vcek_key, &err));
	assert_fails(ERROR_MISMATCH, "signature algorithm is 2",
		     snp_report_verify(bytes, sizeof(bytes), vek, &read, &err));
	bytes[0x34] = 1;
	bytes[0x48] = SNP_SIGNED_BY_NONE << 2;
	assert_ok(snp_signature_make(bytes, lab->vcek_key, &err));
	assert_fails(ERROR_MISMATCH, "not signed",
		     snp_report_verify(bytes, sizeof(bytes), vek, &read, &err));
}

/* A copy of a certificate with one thing changed, signed again. */
static X509 *changed(X509 *from, EVP_PKEY *issuer_key, void (*change)(X509 *x))
{
	X509 *x = X509_dup(from);

	assert_non_null(x);
	change(x);
	assert_ok(laboratory_sign(x, issuer_key, &err));
	return x;
}

static void common_name_set(X509 *x, const char *name)
{
	X509_NAME *subject = X509_NAME_dup(X509_get_subject_name(x));
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	X509_NAME_ENTRY_free(X509_NAME_delete_entry(subject, at));
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
						    (const unsigned char *)name, -1, -1, 0),
			 1);
	assert_int_equal(X509_set_subject_name(x, subject), 1);
	X509_NAME_free(subject);
}

static void extension_remove(X509 *x, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	int at = X509_get_ext_by_OBJ(x, object, -1);

	assert_true(at >= 0);
	X509_EXTENSION_free(X509_delete_ext(x, at));
	ASN1_OBJECT_free(object);
}

static void extension_add(X509 *x, const char *oid, const char *bytes, int size)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 0);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

	assert_int_equal(ASN1_OCTET_STRING_set(value, (const unsigned char *)bytes, size), 1);
	X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void standard_extension_set(X509 *x, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

#define CHANGE(name, body)        \
	static void name(X509 *x) \
	{                         \
		body;             \
	}
CHANGE(vek_other_name, common_name_set(x, "SEV-ASK"))
CHANGE(vek_vlek_with_hardware_id, common_name_set(x, "SEV-VLEK"))
CHANGE(vek_no_product, extension_remove(x, "1.3.6.1.4.1.3704.1.2"))
CHANGE(vek_no_microcode, extension_remove(x, "1.3.6.1.4.1.3704.1.3.8"))
CHANGE(vek_no_hardware_id, extension_remove(x, "1.3.6.1.4.1.3704.1.4"))
CHANGE(vek_twice_tee, extension_add(x, "1.3.6.1.4.1.3704.1.3.2", "\x02\x01\x00", 3))
CHANGE(vek_with_fmc, extension_add(x, "1.3.6.1.4.1.3704.1.3.9", "\x02\x01\x00", 3))
CHANGE(vek_reserved_spl, extension_add(x, "1.3.6.1.4.1.3704.1.3.5", "\x02\x01\x01", 3))
CHANGE(vek_junk_spl, (extension_remove(x, "1.3.6.1.4.1.3704.1.3.3"),
		      extension_add(x, "1.3.6.1.4.1.3704.1.3.3", "\x02\x01\x17\x00", 4)))
CHANGE(vek_large_spl, (extension_remove(x, "1.3.6.1.4.1.3704.1.3.3"),
		       extension_add(x, "1.3.6.1.4.1.3704.1.3.3", "\x02\x02\x01\x00", 4)))
CHANGE(vek_negative_spl, (extension_remove(x, "1.3.6.1.4.1.3704.1.3.3"),
			  extension_add(x, "1.3.6.1.4.1.3704.1.3.3", "\x02\x01\x80", 3)))
CHANGE(vek_short_hardware_id, (extension_remove(x, "1.3.6.1.4.1.3704.1.4"),
			       extension_add(x, "1.3.6.1.4.1.3704.1.4", "12345678", 8)))
CHANGE(vek_unknown_product, (extension_remove(x, "1.3.6.1.4.1.3704.1.2"),
			     extension_add(x, "1.3.6.1.4.1.3704.1.2", "\x16\x04Rome", 6)))
CHANGE(vek_of_milan, (extension_remove(x, "1.3.6.1.4.1.3704.1.2"),
		      extension_add(x, "1.3.6.1.4.1.3704.1.2", "\x16\x08Milan-B0", 10)))
CHANGE(vek_authority, standard_extension_set(x, NID_basic_constraints, "critical,CA:TRUE"))
CHANGE(vek_wrong_usage, standard_extension_set(x, NID_key_usage, "critical,keyAgreement"))
CHANGE(vek_critical_unknown, extension_add(x, "1.2.3.4", "x", 1);
       assert_int_equal(X509_EXTENSION_set_critical(X509_get_ext(x, X509_get_ext_count(x) - 1), 1),
			1))
CHANGE(vek_rsa_key, assert_int_equal(X509_set_pubkey(x, lab->ask_key), 1))
CHANGE(vek_expired, assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), NOW - 1)))
CHANGE(vek_early, assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), NOW + 1)))

static void a_vek_that_is_wrong_in_one_point_is_refused(void **state)
{
	static const struct {
		void (*change)(X509 *x);
		enum error_kind kind;
		const char *why;
	} rows[] = {
		{ vek_other_name, ERROR_INPUT, "\"SEV-ASK\"" },
		{ vek_vlek_with_hardware_id, ERROR_INPUT, "a VLEK certificate with a hardware ID" },
		{ vek_no_product, ERROR_INPUT, "lacks the product" },
		{ vek_no_microcode, ERROR_INPUT, "lacks the extension 1.3.6.1.4.1.3704.1.3.8" },
		{ vek_no_hardware_id, ERROR_INPUT, "lacks the hardware ID" },
		{ vek_twice_tee, ERROR_INPUT, "1.3.6.1.4.1.3704.1.3.2 twice" },
		{ vek_with_fmc, ERROR_INPUT, "with an FMC version" },
		{ vek_reserved_spl, ERROR_INPUT, "reserved" },
		{ vek_junk_spl, ERROR_INPUT, "not an integer" },
		{ vek_large_spl, ERROR_INPUT, "not an integer" },
		{ vek_negative_spl, ERROR_INPUT, "not an integer" },
		{ vek_short_hardware_id, ERROR_INPUT, "8 bytes, not 64" },
		{ vek_unknown_product, ERROR_INPUT, "\"Rome\"" },
		{ vek_of_milan, ERROR_MISMATCH, "\"SEV-Genoa\" stands where \"SEV-Milan\"" },
		{ vek_authority, ERROR_MISMATCH, "is a certificate authority" },
		{ vek_wrong_usage, ERROR_MISMATCH, "may not sign data" },
		{ vek_critical_unknown, ERROR_MISMATCH, "critical extension" },
		{ vek_rsa_key, ERROR_INPUT, "P-384" },
		{ vek_expired, ERROR_MISMATCH, "expired" },
		{ vek_early, ERROR_MISMATCH, "not yet valid" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *vcek = changed(lab->vcek, lab->ask_key, rows[i].change);
		struct snp_vek *vek = NULL;

		assert_fails(rows[i].kind, rows[i].why,
			     verify(vcek, lab->ask, lab->ark, &trust, &vek, &err));
		X509_free(vcek);
	}
}

CHANGE(ask_no_authority, standard_extension_set(x, NID_basic_constraints, "critical,CA:FALSE"))
CHANGE(ask_no_constraints, extension_remove(x, "basicConstraints"))
CHANGE(ask_no_usage, extension_remove(x, "keyUsage"))
CHANGE(ask_wrong_usage, standard_extension_set(x, NID_key_usage, "critical,cRLSign"))
CHANGE(ask_expired, assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), NOW - 1)))

static void an_ask_that_is_wrong_in_one_point_is_refused(void **state)
{
	static const struct {
		void (*change)(X509 *x);
		const char *why;
	} rows[] = {
		{ ask_no_authority, "" }, /* OpenSSL's words, which change with its version */
		{ ask_no_constraints, "" }, { ask_no_usage, "SEV-Genoa may not sign certificates" },
		{ ask_wrong_usage, "" },    { ask_expired, "expired" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *ask = changed(lab->ask, lab->ark_key, rows[i].change);
		struct snp_vek *vek = NULL;

		assert_fails(ERROR_MISMATCH, rows[i].why,
			     verify(lab->vcek, ask, lab->ark, &trust, &vek, &err));
		X509_free(ask);
	}
}

/* The right key, but a signature of another kind than AMD's. */
static void signed_otherwise(X509 *x, EVP_PKEY *key, const EVP_MD *md, int padding, int salt)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *params;

	assert_int_equal(EVP_DigestSignInit(ctx, &params, md, NULL, key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(params, padding), 1);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(params, salt), 1);
	assert_true(X509_sign_ctx(x, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static void other_signature_algorithms_are_refused(void **state)
{
	const struct {
		const EVP_MD *md;
		int padding, salt;
	} rows[] = {
		{ EVP_sha384(), RSA_PKCS1_PADDING, 0 },
		{ EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32 },
		{ EVP_sha512(), RSA_PKCS1_PSS_PADDING, 64 },
		{ EVP_sha384(), RSA_PKCS1_PSS_PADDING, 20 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *vcek = X509_dup(lab->vcek), *ask = X509_dup(lab->ask);
		struct snp_vek *vek = NULL;

		signed_otherwise(vcek, lab->ask_key, rows[i].md, rows[i].padding, rows[i].salt);
		assert_fails(ERROR_MISMATCH, "SEV-VCEK is not signed with RSA-PSS and SHA-384",
			     verify(vcek, lab->ask, lab->ark, &trust, &vek, &err));
		signed_otherwise(ask, lab->ark_key, rows[i].md, rows[i].padding, rows[i].salt);
		assert_fails(ERROR_MISMATCH, "SEV-Genoa is not signed with RSA-PSS and SHA-384",
			     verify(lab->vcek, ask, lab->ark, &trust, &vek, &err));
		X509_free(vcek);
		X509_free(ask);
	}
}

/* A VCEK directly under the root, which the root's key did sign. */
CHANGE(vek_under_the_root,
       assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(lab->ark)), 1))

static void a_chain_of_another_length_is_refused(void **state)
{
	X509 *vcek = changed(lab->vcek, lab->ark_key, vek_under_the_root);
	struct snp_vek *vek = NULL;

	(void)state;
	assert_fails(ERROR_MISMATCH, "the chain has 2 certificates",
		     verify(vcek, lab->ask, lab->ark, &trust, &vek, &err));
	X509_free(vcek);
}

static void a_turin_laboratory_needs_an_fmc(void **state)
{
	struct laboratory_options turin = options;
	struct laboratory *none = NULL;

	(void)state;
	turin.product = SNP_TURIN;
	assert_fails(ERROR_INPUT, "FMC", laboratory_new(&turin, &none, &err));
	assert_null(none);
}

/* What the stand-in device is given: a report that fits the VCEK once it is signed, and a table in
 * which its reader finds the chain. */
static void a_stand_ins_report_and_table_fit_the_chain(void **state)
{
	static const uint8_t measurement[SNP_DIGEST_BYTES] = { 1, [47] = 2 };
	static const uint8_t host_data[SNP_HOST_DATA_BYTES] = { 3, [31] = 4 };
	cleanup_snp_vek struct snp_vek *vek = NULL;
	cleanup_free char *ark = NULL, *ask = NULL, *vcek = NULL;
	cleanup_free uint8_t *table = NULL;
	struct cert_table parsed;
	struct snp_report read;
	uint8_t bytes[SNP_REPORT_BYTES];
	size_t size;

	(void)state;
	assert_ok(laboratory_certificate_pem(lab->ark, &ark, &err));
	assert_ok(laboratory_certificate_pem(lab->ask, &ask, &err));
	assert_ok(laboratory_certificate_pem(lab->vcek, &vcek, &err));
	assert_ok(laboratory_report((const uint8_t *)vcek, strlen(vcek), measurement, host_data,
				    bytes, &err));
	assert_ok(snp_signature_make(bytes, lab->vcek_key, &err));
	assert_ok(verify(lab->vcek, lab->ask, lab->ark, &trust, &vek, &err));
	assert_ok(snp_report_verify(bytes, sizeof(bytes), vek, &read, &err));
	assert_memory_equal(read.measurement, measurement, sizeof(measurement));
	assert_memory_equal(read.host_data, host_data, sizeof(host_data));
	assert_int_equal(read.product, SNP_GENOA);
	assert_ok(laboratory_certificates(ark, ask, vcek, &table, &size, &err));
	assert_ok(cert_table_parse(table, size, &parsed, &err));
	assert_int_equal(parsed.count, 3);
	assert_int_equal(parsed.certificates[0].type, KBS_CERTIFICATE_VCEK);
	assert_int_equal(parsed.certificates[2].type, KBS_CERTIFICATE_ARK);
	uint8_t *der = der_of(lab->ark, &size);
	assert_int_equal(parsed.certificates[2].size, size);
	assert_memory_equal(parsed.certificates[2].bytes, der, size);
	OPENSSL_free(der);
	assert_fails(ERROR_INPUT,
		     "VCEK: ", laboratory_certificates(ark, ask, "x", &table, &size, &err));
	assert_fails(ERROR_INPUT, "",
		     laboratory_report((const uint8_t *)ask, strlen(ask), measurement, host_data,
				       bytes, &err));
}

/* Computed with Python's hashlib from the definition in docs/guest.md */
static void a_laboratory_measures_kernel_initrd_and_command_line(void **state)
{
	static const char expected[] = "77a1789a2bf59465c672d02ad3323d5b03fbf2b18dfe36cae"
				       "bac291e514d12cef57ceea67a01426645d918198dcca49f";
	struct measure_kernel kernel;
	uint8_t digest[SNP_DIGEST_BYTES];
	char text[2 * SNP_DIGEST_BYTES + 1];

	(void)state;
	memset(kernel.kernel, 'k', sizeof(kernel.kernel));
	memset(kernel.initrd, 'i', sizeof(kernel.initrd));
	memset(kernel.cmdline, 'c', sizeof(kernel.cmdline));
	assert_ok(laboratory_measure(&kernel, digest, &err));
	hex_encode(digest, sizeof(digest), text);
	assert_string_equal(text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_root_counts_only_where_it_is_named),
		cmocka_unit_test(a_laboratory_report_verifies),
		cmocka_unit_test(a_vek_that_is_wrong_in_one_point_is_refused),
		cmocka_unit_test(an_ask_that_is_wrong_in_one_point_is_refused),
		cmocka_unit_test(other_signature_algorithms_are_refused),
		cmocka_unit_test(a_chain_of_another_length_is_refused),
		cmocka_unit_test(a_turin_laboratory_needs_an_fmc),
		cmocka_unit_test(a_stand_ins_report_and_table_fit_the_chain),
		cmocka_unit_test(a_laboratory_measures_kernel_initrd_and_command_line),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
