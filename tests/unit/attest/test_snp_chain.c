// SPDX-License-Identifier: Apache-2.0
/* Real chains and reports of AMD's. */
#include "vectors.h"

#include "attest/snp_chain.h"
#include "attest/snp_signature.h"
#include "common/hex.h"

#define JUNE_2025 ((time_t)1748736000)

static struct snp_certificates *chain_read(const char *file)
{
	struct snp_certificates *chain = NULL;
	size_t size;
	cleanup_free uint8_t *pem = vector_read(file, &size);

	assert_ok(snp_certificates_new(&chain, &err));
	assert_ok(snp_certificates_add(chain, pem, size, &err));
	return chain;
}

static int vek_verify(const char *vek_file, const char *chain_file, time_t now,
		      struct snp_vek **vek, struct error *err)
{
	size_t size;
	cleanup_free uint8_t *der = vector_read(vek_file, &size);
	cleanup_snp_certificates struct snp_certificates *chain = chain_read(chain_file);

	return snp_chain_verify(der, size, chain, NULL, now, vek, err);
}

static void real_reports_verify(void **state)
{
	static const struct {
		const char *report, *vek, *chain;
		enum snp_signing_key kind;
		enum snp_product product;
	} rows[] = {
		{ "snp/milan-a-report.bin", "snp/milan-a-vcek.der", "snp/chain-milan.pem",
		  SNP_SIGNED_BY_VCEK, SNP_MILAN },
		{ "snp/milan-b-report.bin", "snp/milan-b-vcek.der", "snp/chain-milan.pem",
		  SNP_SIGNED_BY_VCEK, SNP_MILAN },
		{ "kbs/snp-report-v3-genoa.bin", "kbs/snp-vcek-genoa.der", "snp/chain-genoa.pem",
		  SNP_SIGNED_BY_VCEK, SNP_GENOA },
		{ "kbs/snp-report-vlek.bin", "kbs/snp-vlek.der", "kbs/milan-ask-ark-asvk.pem",
		  SNP_SIGNED_BY_VLEK, SNP_MILAN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_snp_vek struct snp_vek *vek = NULL;
		struct snp_report report;
		size_t size;
		cleanup_free uint8_t *bytes = vector_read(rows[i].report, &size);

		print_message("%s\n", rows[i].report);
		assert_ok(vek_verify(rows[i].vek, rows[i].chain, JUNE_2025, &vek, &err));
		assert_int_equal(vek->kind, rows[i].kind);
		assert_int_equal(vek->product, rows[i].product);
		assert_false(vek->laboratory_root);
		assert_ok(snp_report_verify(bytes, size, vek, &report, &err));
	}
}

static void a_turin_vcek_has_fmc_and_a_short_hardware_id(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;

	(void)state;
	assert_ok(vek_verify("snp/turin-vcek.der", "snp/chain-turin.pem", JUNE_2025, &vek, &err));
	assert_int_equal(vek->product, SNP_TURIN);
	assert_true(vek->tcb.has_fmc);
	assert_int_equal(vek->hardware_id_bytes, 8);
}

static void what_must_not_pass_does_not(void **state)
{
	struct snp_vek *vek = NULL;

	(void)state;
	assert_fails(ERROR_MISMATCH, "signature failure",
		     vek_verify("snp/milan-b-vcek-bad-1.der", "snp/chain-milan.pem", JUNE_2025,
				&vek, &err));
	assert_fails(ERROR_MISMATCH, "signature failure",
		     vek_verify("snp/milan-b-vcek-bad-2.der", "snp/chain-milan.pem", JUNE_2025,
				&vek, &err));
	/* another product's chain, another machine's key, out of date */
	assert_fails(
		ERROR_MISMATCH, "unable to get local issuer",
		vek_verify("snp/milan-a-vcek.der", "snp/chain-genoa.pem", JUNE_2025, &vek, &err));
	assert_fails(ERROR_MISMATCH, "expired",
		     vek_verify("kbs/snp-vlek.der", "kbs/milan-ask-ark-asvk.pem",
				JUNE_2025 + 365 * 86400, &vek, &err));
	assert_fails(ERROR_MISMATCH, "not yet valid",
		     vek_verify("snp/milan-a-vcek.der", "snp/chain-milan.pem",
				JUNE_2025 - 4 * 365 * 86400, &vek, &err));
	/* an ASK given for a VEK */
	size_t size;
	cleanup_free uint8_t *pem = vector_read("snp/chain-milan.pem", &size);
	cleanup_snp_certificates struct snp_certificates *chain = chain_read("snp/chain-milan.pem");
	assert_fails(ERROR_INPUT, "2 certificates where one",
		     snp_chain_verify(pem, size, chain, NULL, JUNE_2025, &vek, &err));
	assert_null(vek);
}

static void a_report_of_another_machine_is_refused(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	struct snp_report report;
	size_t size;
	cleanup_free uint8_t *bytes = vector_read("snp/milan-b-report.bin", &size);

	(void)state;
	assert_ok(vek_verify("snp/milan-a-vcek.der", "snp/chain-milan.pem", JUNE_2025, &vek, &err));
	assert_fails(ERROR_MISMATCH, "does not verify",
		     snp_report_verify(bytes, size, vek, &report, &err));
	assert_ok(snp_report_parse(bytes, size, &report, &err));
	assert_fails(ERROR_MISMATCH, "CHIP_ID is c38427a3",
		     snp_vek_matches_report(vek, &report, &err));
}

static void each_mismatch_of_certificate_and_report_is_named(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	struct snp_report report, r;
	size_t size;
	cleanup_free uint8_t *bytes = vector_read("snp/milan-a-report.bin", &size);

	(void)state;
	assert_ok(vek_verify("snp/milan-a-vcek.der", "snp/chain-milan.pem", JUNE_2025, &vek, &err));
	assert_ok(snp_report_verify(bytes, size, vek, &report, &err));

	r = report;
	r.reported_tcb.microcode++;
	assert_fails(ERROR_MISMATCH, "microcode is 116, the certificate is for 115",
		     snp_vek_matches_report(vek, &r, &err));
	r = report;
	r.reported_tcb.bootloader--;
	assert_fails(ERROR_MISMATCH, "bootloader is 2", snp_vek_matches_report(vek, &r, &err));
	r = report;
	r.reported_tcb.has_fmc = true;
	assert_fails(ERROR_MISMATCH, "Turin's", snp_vek_matches_report(vek, &r, &err));
	r = report;
	r.product = SNP_GENOA;
	assert_fails(ERROR_MISMATCH, "of a Genoa", snp_vek_matches_report(vek, &r, &err));
	r = report;
	r.signing_key = SNP_SIGNED_BY_VLEK;
	assert_fails(ERROR_MISMATCH, "names a VLEK", snp_vek_matches_report(vek, &r, &err));
	r = report;
	r.chip_id[63] ^= 1;
	assert_fails(ERROR_MISMATCH, "CHIP_ID", snp_vek_matches_report(vek, &r, &err));
	/* a host may mask CHIP_ID; the signature still names the chip's key */
	memset(r.chip_id, 0, sizeof(r.chip_id));
	assert_ok(snp_vek_matches_report(vek, &r, &err));
}

/* Each bit of what is signed and of the signature's 512 bytes, with a key parsed once. */
static void any_bit_flipped_in_a_report_fails(void **state)
{
	cleanup_snp_vek struct snp_vek *vek = NULL;
	struct snp_report report;
	struct error why;
	size_t size;
	cleanup_free uint8_t *bytes = vector_read("snp/milan-a-report.bin", &size);

	(void)state;
	assert_ok(vek_verify("snp/milan-a-vcek.der", "snp/chain-milan.pem", JUNE_2025, &vek, &err));
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (snp_report_verify(bytes, size, vek, &report, &why) == 0)
			fail_msg("passes with bit %zu of byte 0x%zx flipped", bit % 8, bit / 8);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_ok(snp_report_verify(bytes, size, vek, &report, &err));
}

/* A sample: the bits of every third byte of a VCEK certificate, one bit each. */
static void a_bit_flipped_in_a_certificate_fails(void **state)
{
	cleanup_snp_certificates struct snp_certificates *chain = chain_read("snp/chain-milan.pem");
	size_t size;
	cleanup_free uint8_t *der = vector_read("snp/milan-a-vcek.der", &size);

	(void)state;
	for (size_t at = 0; at < size; at += 3) {
		struct snp_vek *vek = NULL;
		struct error err;
		der[at] ^= (uint8_t)(1 << at % 8);
		if (snp_chain_verify(der, size, chain, NULL, JUNE_2025, &vek, &err) == 0)
			fail_msg("passes with a bit of byte %zu flipped", at);
		der[at] ^= (uint8_t)(1 << at % 8);
	}
}

static void roots_are_pinned_by_their_keys(void **state)
{
	static const struct {
		const char *chain, *digest;
	} rows[] = {
		{ "snp/chain-milan.pem",
		  "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9" },
		{ "snp/chain-genoa.pem",
		  "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831" },
		{ "snp/chain-turin.pem",
		  "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t digest[SNP_SPKI_DIGEST_BYTES];
		char text[2 * SNP_SPKI_DIGEST_BYTES + 1];
		size_t size;
		cleanup_free uint8_t *pem = vector_read(rows[i].chain, &size);
		const char *ark = strstr((char *)pem, "-----END CERTIFICATE-----");

		assert_non_null(ark);
		ark = strstr(ark, "-----BEGIN"); /* the second of the two */
		assert_non_null(ark);
		assert_ok(snp_ark_digest((const uint8_t *)ark, strlen(ark), digest, &err));
		hex_encode(digest, sizeof(digest), text);
		assert_string_equal(text, rows[i].digest);
	}
}

static void bad_certificate_files_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "no certificate" },
		{ "hello", "no certificate" },
		{ "0", "not an X.509 certificate" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		  "not an X.509 certificate" },
		{ "-----BEGIN CERTIFICATE-----\n!!\n", "not a valid PEM" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		  "\"PRIVATE KEY\" is not a certificate" },
	};
	cleanup_snp_certificates struct snp_certificates *bag = NULL;

	(void)state;
	assert_ok(snp_certificates_new(&bag, &err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_fails(ERROR_INPUT, rows[i].why,
			     snp_certificates_add(bag, (const uint8_t *)rows[i].text,
						  strlen(rows[i].text), &err));
	assert_int_equal(snp_certificates_count(bag), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_reports_verify),
		cmocka_unit_test(a_turin_vcek_has_fmc_and_a_short_hardware_id),
		cmocka_unit_test(what_must_not_pass_does_not),
		cmocka_unit_test(a_report_of_another_machine_is_refused),
		cmocka_unit_test(each_mismatch_of_certificate_and_report_is_named),
		cmocka_unit_test(any_bit_flipped_in_a_report_fails),
		cmocka_unit_test(a_bit_flipped_in_a_certificate_fails),
		cmocka_unit_test(roots_are_pinned_by_their_keys),
		cmocka_unit_test(bad_certificate_files_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
