// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/json.h"

/* Fields of real reports, read off a hex dump. */
static void real_reports_say_what_the_dump_shows(void **state)
{
	static const struct {
		const char *file;
		uint32_t version, guest_svn, vmpl;
		uint64_t policy, platform_info;
		enum snp_product product;
		enum snp_signing_key key;
		uint8_t reported_microcode, reported_snp, measurement0, chip0;
	} rows[] = {
		{ "snp/milan-a-report.bin", 2, 0, 0, 0x30000, 1, SNP_PRODUCT_UNKNOWN,
		  SNP_SIGNED_BY_VCEK, 0x73, 0x08, 0x7a, 0xd4 },
		{ "snp/milan-b-report.bin", 2, 4, 0, 0x3001f, 1, SNP_PRODUCT_UNKNOWN,
		  SNP_SIGNED_BY_VCEK, 0x73, 0x08, 0xa1, 0xc3 },
		{ "kbs/snp-report-v3-genoa.bin", 3, 0, 0, 0x30000, 0x25, SNP_GENOA,
		  SNP_SIGNED_BY_VCEK, 0x19, 0x17, 0x6a, 0x37 },
		{ "kbs/snp-report-vlek.bin", 3, 0, 1, 0x30000, 0x27, SNP_MILAN, SNP_SIGNED_BY_VLEK,
		  0xd9, 0x18, 0x89, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size;
		cleanup_free uint8_t *bytes = vector_read(rows[i].file, &size);
		uint8_t again[SNP_REPORT_BYTES];
		struct snp_report r;

		print_message("%s\n", rows[i].file);
		assert_ok(snp_report_parse(bytes, size, &r, &err));
		assert_int_equal(r.version, rows[i].version);
		assert_int_equal(r.guest_svn, rows[i].guest_svn);
		assert_int_equal(r.vmpl, rows[i].vmpl);
		assert_int_equal(r.policy, rows[i].policy);
		assert_int_equal(r.platform_info, rows[i].platform_info);
		assert_int_equal(r.product, rows[i].product);
		assert_int_equal(r.signing_key, rows[i].key);
		assert_int_equal(r.reported_tcb.microcode, rows[i].reported_microcode);
		assert_int_equal(r.reported_tcb.snp, rows[i].reported_snp);
		assert_int_equal(r.measurement[0], rows[i].measurement0);
		assert_int_equal(r.chip_id[0], rows[i].chip0);
		snp_report_encode(&r, again);
		assert_memory_equal(again, bytes, size);
	}
}

/* A report of each version with every field set, so that each offset counts. */
static void sample(uint32_t version, struct snp_report *r)
{
	struct snp_tcb tcb = { false, 0, 1, 2, 3, 4 };

	*r = (struct snp_report){ .version = version,
				  .guest_svn = 7,
				  .policy = 0x30000,
				  .signature_algorithm = 1,
				  .current_tcb = tcb,
				  .platform_info = 5,
				  .author_key_enabled = true,
				  .reported_tcb = tcb,
				  .committed_tcb = tcb,
				  .launch_tcb = tcb,
				  .current = { 1, 55, 40 },
				  .committed = { 1, 54, 39 } };
	memset(r->chip_id, 0xc1, sizeof(r->chip_id));
	memset(r->measurement, 0x3e, sizeof(r->measurement));
	memset(r->signature_r, 1, 48);
	memset(r->signature_s, 2, 48);
	if (version >= 3) {
		r->cpuid_family = 0x19;
		r->cpuid_model = 0x11;
		r->cpuid_stepping = 1;
		r->product = SNP_GENOA;
	}
	if (version >= 5) {
		r->launch_mit_vector = 0x1122;
		r->current_mit_vector = 0x3344;
	}
}

static void every_version_survives_encode_and_parse(void **state)
{
	(void)state;
	for (uint32_t version = 2; version <= 5; version++) {
		struct snp_report r, again;
		uint8_t bytes[SNP_REPORT_BYTES], bytes_again[SNP_REPORT_BYTES];

		sample(version, &r);
		snp_report_encode(&r, bytes);
		assert_ok(snp_report_parse(bytes, sizeof(bytes), &again, &err));
		snp_report_encode(&again, bytes_again);
		assert_memory_equal(bytes, bytes_again, sizeof(bytes));
		assert_int_equal(again.product, r.product);
		assert_int_equal(again.current_mit_vector, r.current_mit_vector);
	}
}

static void turin_has_its_own_tcb_layout(void **state)
{
	struct snp_tcb tcb = { true, 9, 1, 2, 3, 4 };
	static const uint8_t disk[8] = { 9, 1, 2, 3, 0, 0, 0, 4 };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct snp_report r, again;

	(void)state;
	sample(5, &r);
	r.cpuid_family = 0x1a;
	r.cpuid_model = 0x02;
	r.current_tcb = r.reported_tcb = r.committed_tcb = r.launch_tcb = tcb;
	snp_report_encode(&r, bytes);
	assert_memory_equal(bytes + 0x180, disk, sizeof(disk));
	assert_ok(snp_report_parse(bytes, sizeof(bytes), &again, &err));
	assert_int_equal(again.product, SNP_TURIN);
	assert_true(again.reported_tcb.has_fmc);
	assert_int_equal(again.reported_tcb.fmc, 9);
	assert_int_equal(again.reported_tcb.snp, 3);
}

static void unknown_versions_are_refused_by_number(void **state)
{
	static const uint32_t versions[] = { 0, 1, 6, 7, 0x01000002 };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct snp_report r;

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		char wanted[48];
		sample(3, &r);
		r.version = versions[i];
		snp_report_encode(&r, bytes);
		(void)snprintf(wanted, sizeof(wanted), "version %u is not known", versions[i]);
		assert_fails(ERROR_INPUT, wanted, snp_report_parse(bytes, sizeof(bytes), &r, &err));
	}
	assert_fails(ERROR_INPUT, "1183 bytes", snp_report_parse(bytes, 1183, &r, &err));
	assert_fails(ERROR_INPUT, "0 bytes", snp_report_parse(bytes, 0, &r, &err));
}

static void reserved_bytes_must_be_zero_as_the_version_says(void **state)
{
	static const struct {
		uint32_t version;
		size_t at;
		bool refused;
	} rows[] = {
		{ 2, 0x4c, true },  { 2, 0x188, true },  { 3, 0x18b, true },  { 5, 0x19f, true },
		{ 2, 0x1eb, true }, { 3, 0x1ef, true },  { 2, 0x1f8, true },  { 3, 0x1f8, true },
		{ 4, 0x207, true }, { 5, 0x1f9, false }, { 5, 0x207, false }, { 5, 0x208, true },
		{ 5, 0x29f, true }, { 3, 0x2d0, true },  { 3, 0x318, true },  { 3, 0x330, true },
		{ 3, 0x49f, true }, { 3, 0x3a, true },   { 3, 0x185, true },  { 3, 0x1e2, true },
		{ 3, 0x1f5, true }, { 3, 0x49, true },   { 3, 0x50, false },  { 3, 0x1a0, false },
		{ 2, 0x10, false }, { 2, 0x42, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[SNP_REPORT_BYTES];
		struct snp_report r;
		struct error err;

		sample(rows[i].version, &r);
		snp_report_encode(&r, bytes);
		bytes[rows[i].at] ^= 0x80;
		if ((snp_report_parse(bytes, sizeof(bytes), &r, &err) < 0) != rows[i].refused)
			fail_msg("version %u, byte 0x%zx", rows[i].version, rows[i].at);
	}
}

static void cpuid_names_the_product(void **state)
{
	static const struct {
		uint8_t family, model;
		enum snp_product product;
	} rows[] = {
		{ 0x19, 0x00, SNP_MILAN },           { 0x19, 0x0f, SNP_MILAN },
		{ 0x19, 0x10, SNP_GENOA },           { 0x19, 0x1f, SNP_GENOA },
		{ 0x19, 0xa0, SNP_GENOA },           { 0x19, 0xae, SNP_GENOA },
		{ 0x1a, 0x00, SNP_TURIN },           { 0x1a, 0x11, SNP_TURIN },
		{ 0x19, 0x20, SNP_PRODUCT_UNKNOWN }, { 0x19, 0xaf, SNP_PRODUCT_UNKNOWN },
		{ 0x1a, 0x12, SNP_PRODUCT_UNKNOWN }, { 0x17, 0x01, SNP_PRODUCT_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(snp_product_from_cpuid(rows[i].family, rows[i].model),
				 rows[i].product);
}

static void json_shows_every_field(void **state)
{
	cleanup_json json_t *o = NULL;
	struct snp_report r;

	(void)state;
	sample(5, &r);
	r.policy = 0xb0137;
	o = snp_report_json(&r);
	assert_non_null(o);
	assert_int_equal(json_object_size(o), 36);
	assert_string_equal(json_string_value(json_object_get(o, "policy")), "0xb0137");
	assert_string_equal(json_string_value(json_object_get(o, "policy_abi")), "1.55");
	json_t *flags = json_object_get(o, "policy_flags");
	assert_int_equal(json_array_size(flags), 2);
	assert_string_equal(json_string_value(json_array_get(flags, 0)), "smt");
	assert_string_equal(json_string_value(json_array_get(flags, 1)), "debug");
	assert_string_equal(json_string_value(json_object_get(o, "current_version")), "1.55.40");
	assert_string_equal(json_string_value(json_object_get(o, "launch_mit_vector")), "0x1122");
	assert_string_equal(json_string_value(json_object_get(o, "product")), "Genoa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_reports_say_what_the_dump_shows),
		cmocka_unit_test(every_version_survives_encode_and_parse),
		cmocka_unit_test(turin_has_its_own_tcb_layout),
		cmocka_unit_test(unknown_versions_are_refused_by_number),
		cmocka_unit_test(reserved_bytes_must_be_zero_as_the_version_says),
		cmocka_unit_test(cpuid_names_the_product),
		cmocka_unit_test(json_shows_every_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
