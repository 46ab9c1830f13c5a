// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/kbs_evidence.h"
#include "common/json.h"

static json_t *evidence_read(void)
{
	json_t *root = NULL;
	size_t size;
	cleanup_free uint8_t *text = vector_read("kbs/snp-evidence-v3-genoa.json", &size);

	assert_ok(json_parse(text, size, 1 << 20, &root, &err));
	return root;
}

static void the_attesters_json_gives_the_reports_bytes(void **state)
{
	cleanup_kbs_evidence struct kbs_evidence *evidence = NULL;
	cleanup_json json_t *json = evidence_read();
	size_t report_size, vcek_size;
	cleanup_free uint8_t *report = vector_read("kbs/snp-report-v3-genoa.bin", &report_size);
	cleanup_free uint8_t *vcek = vector_read("kbs/snp-vcek-genoa.der", &vcek_size);

	(void)state;
	assert_ok(kbs_evidence_parse(json, &evidence, &err));
	assert_memory_equal(evidence->report, report, report_size);
	assert_int_equal(evidence->certificate_count, 1);
	assert_int_equal(evidence->certificates[0].type, KBS_CERTIFICATE_VCEK);
	assert_int_equal(evidence->certificates[0].size, vcek_size);
	assert_memory_equal(evidence->certificates[0].bytes, vcek, vcek_size);
}

/* The attester leaves out what is null in our form, which Trustee reads the same. */
static void the_reports_bytes_give_the_attesters_json(void **state)
{
	size_t report_size, vcek_size;
	cleanup_free uint8_t *report = vector_read("kbs/snp-report-v3-genoa.bin", &report_size);
	cleanup_free uint8_t *vcek = vector_read("kbs/snp-vcek-genoa.der", &vcek_size);
	struct kbs_certificate certificate = { KBS_CERTIFICATE_VCEK, vcek, vcek_size };
	cleanup_json json_t *json = NULL, *wanted = evidence_read();

	(void)state;
	assert_ok(kbs_evidence_make(report, &certificate, 1, &json, &err));
	json_t *made = json_object_get(json, "attestation_report");
	assert_true(json_is_null(json_object_get(made, "launch_mit_vector")));
	(void)json_object_del(made, "launch_mit_vector");
	(void)json_object_del(made, "current_mit_vector");
	assert_true(json_equal(json, wanted));
}

static void every_real_report_survives_the_round_trip(void **state)
{
	static const char *const files[] = { "snp/milan-a-report.bin", "snp/milan-b-report.bin",
					     "kbs/snp-report-v3-genoa.bin",
					     "kbs/snp-report-vlek.bin" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		cleanup_kbs_evidence struct kbs_evidence *evidence = NULL;
		cleanup_json json_t *json = NULL;
		size_t size;
		cleanup_free uint8_t *report = vector_read(files[i], &size);

		assert_ok(kbs_evidence_make(report, NULL, 0, &json, &err));
		assert_true(json_is_null(json_object_get(json, "cert_chain")));
		assert_ok(kbs_evidence_parse(json, &evidence, &err));
		assert_memory_equal(evidence->report, report, size);
		assert_int_equal(evidence->certificate_count, 0);
	}
}

static void fields_that_no_report_has_are_refused(void **state)
{
	static const struct {
		const char *member, *value, *why; /* value NULL: removed */
	} rows[] = {
		{ "version", "6", "version 6" },
		{ "version", "-1", "version" },
		{ "version", "4294967299", "version" },
		{ "version", NULL, "no \"version\"" },
		{ "measurement", "[1,2]", "2 bytes, not 48" },
		{ "family_id", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,256]", "not a byte" },
		{ "family_id", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,\"1\"]", "not a byte" },
		{ "family_id", "\"AQID\"", "family_id" },
		{ "family_id", NULL, "family_id" },
		{ "key_info", "32", "reserved bits" },
		{ "cpuid_fam_id", "23", "family 0x17" },
		{ "cpuid_fam_id", "null", "family 0x0" },
		{ "current_tcb", "{}", "bootloader" },
		{ "reported_tcb",
		  "{\"fmc\":3,\"bootloader\":10,\"tee\":0,\"snp\":23,\"microcode\":25}",
		  "REPORTED_TCB" },
		{ "current", "{\"major\":1}", "minor" },
		{ "launch_mit_vector", "1", "reserved range at 0x1f8" },
		{ "signature", "{\"r\":[],\"s\":[]}", "0 bytes, not 72" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_json json_t *json = evidence_read();
		json_t *report = json_object_get(json, "attestation_report");
		struct kbs_evidence *evidence = NULL;

		if (rows[i].value)
			(void)json_object_set_new(report, rows[i].member,
						  json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		else
			(void)json_object_del(report, rows[i].member);
		assert_fails(ERROR_INPUT, rows[i].why, kbs_evidence_parse(json, &evidence, &err));
		assert_null(evidence);
	}
}

static void certificate_lists_are_bounded(void **state)
{
	static const struct {
		const char *chain, *why;
	} rows[] = {
		{ "[]", "is empty" },
		{ "{}", "cert_chain" },
		{ "[{}]", "certificate 0" },
		{ "[{\"cert_type\":\"VCEK\",\"data\":[300]}]", "not a byte" },
		{ "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "cert_chain" },
	};
	cleanup_kbs_evidence struct kbs_evidence *evidence = NULL;
	cleanup_json json_t *json = evidence_read();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)json_object_set_new(json, "cert_chain",
					  json_loads(rows[i].chain, JSON_DECODE_ANY, NULL));
		assert_fails(ERROR_INPUT, rows[i].why, kbs_evidence_parse(json, &evidence, &err));
	}
	(void)json_object_set_new(json, "cert_chain",
				  json_loads("[{\"cert_type\":{\"OTHER\":\"x\"},\"data\":[]}]",
					     JSON_DECODE_ANY, NULL));
	assert_ok(kbs_evidence_parse(json, &evidence, &err));
	assert_int_equal(evidence->certificates[0].type, KBS_CERTIFICATE_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_attesters_json_gives_the_reports_bytes),
		cmocka_unit_test(the_reports_bytes_give_the_attesters_json),
		cmocka_unit_test(every_real_report_survives_the_round_trip),
		cmocka_unit_test(fields_that_no_report_has_are_refused),
		cmocka_unit_test(certificate_lists_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
