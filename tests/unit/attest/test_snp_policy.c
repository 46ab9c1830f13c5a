// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/snp_policy.h"
#include "common/json.h"

#define D48(digit) D16(digit) D16(digit) D16(digit)
#define D16(digit) D4(digit) D4(digit) D4(digit) D4(digit) D4(digit) D4(digit) D4(digit) D4(digit)
#define D4(digit)  digit digit digit digit
#define MEASURED   "{\"measurements\":[\"" D48("a") "\"]"

static int parse(const char *text, struct snp_policy **policy, struct error *err)
{
	return snp_policy_parse((const uint8_t *)text, strlen(text), policy, err);
}

static void what_is_not_a_policy_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "", "not valid JSON" },
		{ "[]", "not a JSON object" },
		{ "{}", "no \"measurements\"" },
		{ "{\"measurements\":[]}", "nothing could pass" },
		{ "{\"measurements\":\"aa\"}", "measurements" },
		{ "{\"measurements\":[1]}", "measurement 0 of policy is not a string" },
		{ "{\"measurements\":[\"aa\"]}", "measurement 0 of policy: " },
		{ MEASURED ",\"measurement\":[]}", "\"measurement\"" },
		{ MEASURED ",\"Vmpl\":0}", "\"Vmpl\"" },
		{ MEASURED ",\"vmpl\":4}", "vmpl" },
		{ MEASURED ",\"vmpl\":\"0\"}", "vmpl" },
		{ MEASURED ",\"allow_debug\":0}", "allow_debug" },
		{ MEASURED ",\"host_data\":\"aa\"}", "\"host_data\" of policy: " },
		{ MEASURED ",\"id_key_digest\":\"" D16("a") "\"}",
		  "\"id_key_digest\" of policy: " },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":1}}", "min_tcb has no \"tee\"" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":256,\"tee\":0,\"snp\":0,\"microcode\":0}}",
		  "bootloader" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":1,\"tee\":0,\"snp\":0,\"microcode\":0,"
			   "\"ucode\":1}}",
		  "\"ucode\"" },
		{ MEASURED ",\"products\":[\"Rome\"]}", "product 0" },
		{ MEASURED ",\"products\":[]}", "nothing could pass" },
		{ MEASURED ",\"products\":[\"Milan\",\"Milan\",\"Milan\",\"Milan\"]}", "products" },
		{ MEASURED "} x", "not valid JSON" },
		{ MEASURED ",\"vmpl\":0,\"vmpl\":1}", "not valid JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct snp_policy *policy = NULL;
		assert_fails(ERROR_INPUT, rows[i].why, parse(rows[i].text, &policy, &err));
		assert_null(policy);
	}
}

static struct snp_report good_report(void)
{
	struct snp_report r = { .version = 3,
				.policy = 0x30000,
				.product = SNP_GENOA,
				.reported_tcb = { false, 0, 10, 0, 23, 25 } };

	memset(r.measurement, 0xaa, sizeof(r.measurement));
	memset(r.host_data, 0xbb, sizeof(r.host_data));
	memset(r.id_key_digest, 0xcc, sizeof(r.id_key_digest));
	memset(r.author_key_digest, 0xdd, sizeof(r.author_key_digest));
	return r;
}

static void a_report_that_keeps_every_rule_passes(void **state)
{
	static const char *const texts[] = {
		MEASURED "}",
		"{\"measurements\":[\"" D48("1") "\",\"" D48("A") "\"]}",
		MEASURED ",\"host_data\":\"" D16("bb") "\"}",
		MEASURED
		",\"id_key_digest\":\"" D48("c") "\",\"author_key_digest\":\"" D48("d") "\"}",
		MEASURED ",\"min_tcb\":{\"bootloader\":10,\"tee\":0,\"snp\":23,\"microcode\":25}}",
		MEASURED ",\"products\":[\"Genoa\"],\"vmpl\":0,\"allow_smt\":true}",
		MEASURED ",\"host_data\":null,\"min_tcb\":null,\"products\":null}",
	};
	struct snp_report report = good_report();

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_snp_policy struct snp_policy *policy = NULL;
		assert_ok(parse(texts[i], &policy, &err));
		assert_ok(snp_policy_check(policy, &report, SNP_GENOA, NULL, &err));
	}
}

static void each_refusal_names_its_rule_and_both_values(void **state)
{
	static const struct {
		const char *text;
		uint64_t policy;
		uint32_t vmpl;
		const char *rule, *found, *wanted;
	} rows[] = {
		{ "{\"measurements\":[\"" D48("1") "\"]}", 0x30000, 0, "measurements",
		  "found " D48("a"), "wanted " D48("1") },
		{ "{\"measurements\":[\"" D48("1") "\",\"" D48("2") "\"]}", 0x30000, 0,
		  "measurements", "found " D48("a"), "wanted one of 2, the first " D48("1") },
		{ MEASURED ",\"host_data\":\"" D16("00") "\"}", 0x30000, 0, "host_data",
		  "found " D16("bb"), "wanted " D16("00") },
		{ MEASURED ",\"id_key_digest\":\"" D48("1") "\"}", 0x30000, 0, "id_key_digest",
		  "found cc", "wanted 11" },
		{ MEASURED ",\"author_key_digest\":\"" D48("1") "\"}", 0x30000, 0,
		  "author_key_digest", "found dd", "wanted 11" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":11,\"tee\":0,\"snp\":0,\"microcode\":0}}",
		  0x30000, 0, "min_tcb", "found bootloader 10", "wanted at least 11" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":0,\"tee\":1,\"snp\":0,\"microcode\":0}}",
		  0x30000, 0, "min_tcb", "found tee 0", "wanted at least 1" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":0,\"tee\":0,\"snp\":24,\"microcode\":0}}",
		  0x30000, 0, "min_tcb", "found snp 23", "wanted at least 24" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":0,\"tee\":0,\"snp\":0,\"microcode\":26}}",
		  0x30000, 0, "min_tcb", "found microcode 25", "wanted at least 26" },
		{ MEASURED ",\"min_tcb\":{\"bootloader\":0,\"tee\":0,\"snp\":0,\"microcode\":0,"
			   "\"fmc\":0}}",
		  0x30000, 0, "min_tcb", "found no fmc on a Genoa", "wanted at least 0" },
		{ MEASURED "}", 0x30000, 1, "vmpl", "found 1", "wanted 0" },
		{ MEASURED ",\"vmpl\":1}", 0x30000, 0, "vmpl", "found 0", "wanted 1" },
		{ MEASURED "}", 0xb0000, 0, "allow_debug", "may debug", "may not" },
		{ MEASURED "}", 0x70000, 0, "allow_migration_agent", "migration agent", "may not" },
		{ MEASURED ",\"allow_smt\":false}", 0x30000, 0, "allow_smt", "SMT", "may not" },
		{ MEASURED ",\"require_single_socket\":true}", 0x30000, 0, "require_single_socket",
		  "more than one socket", "may not" },
		{ MEASURED ",\"products\":[\"Milan\",\"Turin\"]}", 0x30000, 0, "products",
		  "found Genoa", "wanted Milan Turin" },
		{ MEASURED "}", 0x10000, 0, "guest_policy", "found 0x10000", "bit 17" },
		{ MEASURED ",\"allow_debug\":true}", 0x4030000, 0, "guest_policy",
		  "found 0x4030000", "above bit 25" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_snp_policy struct snp_policy *policy = NULL;
		struct snp_report report = good_report();
		struct snp_refusal refusal = { 0 };

		report.policy = rows[i].policy;
		report.vmpl = rows[i].vmpl;
		assert_ok(parse(rows[i].text, &policy, &err));
		assert_fails(ERROR_MISMATCH, rows[i].found,
			     snp_policy_check(policy, &report, SNP_GENOA, &refusal, &err));
		assert_fails(ERROR_MISMATCH, rows[i].wanted,
			     snp_policy_check(policy, &report, SNP_GENOA, &refusal, &err));
		assert_string_equal(refusal.rule, rows[i].rule);
	}
}

static void what_is_allowed_passes(void **state)
{
	static const struct {
		const char *text;
		uint64_t policy;
	} rows[] = {
		{ MEASURED ",\"allow_debug\":true}", 0xb0000 },
		{ MEASURED ",\"allow_migration_agent\":true}", 0x70000 },
		{ MEASURED ",\"allow_smt\":false}", 0x20000 },
		{ MEASURED ",\"require_single_socket\":true}", 0x130000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_snp_policy struct snp_policy *policy = NULL;
		struct snp_report report = good_report();

		report.policy = rows[i].policy;
		assert_ok(parse(rows[i].text, &policy, &err));
		assert_ok(snp_policy_check(policy, &report, SNP_GENOA, NULL, &err));
	}
}

static void a_written_policy_reads_back_the_same(void **state)
{
	static const char text[] =
		MEASURED ",\"host_data\":\"" D16("bb") "\",\"id_key_digest\":\"" D48(
			"c") "\","
			     "\"author_key_digest\":\"" D48(
				     "d") "\",\"min_tcb\":{\"bootloader\":1,\"tee\":2,"
					  "\"snp\":3,\"microcode\":4,\"fmc\":5},\"vmpl\":1,\"allow_"
					  "debug\":true,"
					  "\"allow_migration_agent\":true,\"allow_smt\":false,"
					  "\"require_single_socket\":true,\"products\":[\"Milan\","
					  "\"Turin\"]}";
	cleanup_snp_policy struct snp_policy *policy = NULL;
	cleanup_json json_t *written = NULL, *wanted = NULL;

	(void)state;
	assert_ok(parse(text, &policy, &err));
	assert_ok(snp_policy_json(policy, &written, &err));
	assert_ok(json_parse((const uint8_t *)text, strlen(text), sizeof(text), &wanted, &err));
	assert_true(json_equal(written, wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_a_policy_is_refused),
		cmocka_unit_test(a_report_that_keeps_every_rule_passes),
		cmocka_unit_test(each_refusal_names_its_rule_and_both_values),
		cmocka_unit_test(what_is_allowed_passes),
		cmocka_unit_test(a_written_policy_reads_back_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
