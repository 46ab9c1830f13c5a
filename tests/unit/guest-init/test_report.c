// SPDX-License-Identifier: Apache-2.0
/* Reports as the kernel gives them: through a folder that looks like configfs-tsm's, and as the
 * bytes that the ioctls answer with. */
#include "tests/unit/guest-init/fake_sys.h"

#include "common/io.h"
#include "attest/cert_table.h"
#include "guest-init/report.h"

static const uint8_t report_data[SNP_REPORT_DATA_BYTES] = { 1, 2, 3 };

static void make_report(uint8_t bytes[SNP_REPORT_BYTES])
{
	struct snp_report report = {
		.version = 3,
		.policy = SNP_POLICY_RESERVED_ONE,
		.signature_algorithm = 1,
		.cpuid_family = 0x19,
		.cpuid_model = 0x11,
		.product = SNP_GENOA,
	};

	memcpy(report.report_data, report_data, sizeof(report_data));
	snp_report_encode(&report, bytes);
}

static void configfs_is_read(void **state)
{
	cleanup_report struct report report = { .certificates = NULL };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct fake fake;
	struct error err;

	(void)state;
	fake_make(&fake);
	make_report(bytes);
	fake_text(&fake, "tsm/report/podseal/inblob", "");
	fake_write(&fake, "tsm/report/podseal/outblob", bytes, sizeof(bytes));
	assert_done(report_get(fake.root, "/nonexistent", report_data, &report, &err), &err);
	assert_memory_equal(report.bytes, bytes, sizeof(bytes));
	assert_null(report.certificates);
	fake_text(&fake, "tsm/report/podseal/auxblob", "table");
	assert_done(report_get(fake.root, "/nonexistent", report_data, &report, &err), &err);
	assert_int_equal(report.certificates_size, 5);
	assert_memory_equal(report.certificates, "table", 5);

	char in[128];
	uint8_t *written;
	size_t size;
	(void)snprintf(in, sizeof(in), "%s/tsm/report/podseal/inblob", fake.root);
	assert_done(file_read(in, 4096, &written, &size, &err), &err);
	assert_int_equal(size, sizeof(report_data));
	assert_memory_equal(written, report_data, size);
	free(written);
	fake_remove(&fake);
}

/* A kernel with configfs-tsm and no driver behind it lets nobody make an entry. */
static void without_a_driver_the_device_is_asked(void **state)
{
	struct report report = { .certificates = NULL };
	char link[128];
	struct fake fake;
	struct error err;

	(void)state;
	fake_make(&fake);
	fake_text(&fake, "tsm/unused", "");
	(void)snprintf(link, sizeof(link), "%s/tsm/report", fake.root);
	assert_int_equal(symlink("/proc/self", link), 0);
	assert_refused("device", report_get(fake.root, "/dev/null", report_data, &report, &err),
		       &err, ERROR_SYSTEM, "asking for a report");
	fake_remove(&fake);
}

static void what_is_no_report_is_refused(void **state)
{
	static const uint8_t other[SNP_REPORT_DATA_BYTES] = { 9 };
	struct report report = { .certificates = NULL };
	uint8_t bytes[SNP_REPORT_BYTES];
	struct fake fake;
	struct error err;

	(void)state;
	fake_make(&fake);
	make_report(bytes);
	assert_refused("nothing", report_get(fake.root, "/nonexistent", report_data, &report, &err),
		       &err, ERROR_INPUT, "this is no SNP guest");
	fake_text(&fake, "tsm/report/podseal/inblob", "");
	fake_write(&fake, "tsm/report/podseal/outblob", bytes, sizeof(bytes));
	assert_refused("other", report_get(fake.root, "/nonexistent", other, &report, &err), &err,
		       ERROR_INPUT, "another REPORT_DATA");
	fake_write(&fake, "tsm/report/podseal/outblob", bytes, sizeof(bytes) - 1);
	assert_refused("short", report_get(fake.root, "/nonexistent", report_data, &report, &err),
		       &err, ERROR_INPUT, "a report of 1183 bytes");
	bytes[0] = 9;
	fake_write(&fake, "tsm/report/podseal/outblob", bytes, sizeof(bytes));
	assert_refused("version", report_get(fake.root, "/nonexistent", report_data, &report, &err),
		       &err, ERROR_INPUT, "9");
	assert_null(report.certificates);
	fake_remove(&fake);
}

static void the_firmwares_answer_is_read(void **state)
{
	uint8_t response[4000] = { 0 }, bytes[SNP_REPORT_BYTES], found[SNP_REPORT_BYTES];
	struct error err;

	(void)state;
	make_report(bytes);
	response[4] = SNP_REPORT_BYTES & 0xff;
	response[5] = SNP_REPORT_BYTES >> 8;
	memcpy(response + 32, bytes, sizeof(bytes));
	assert_done(report_response_parse(response, sizeof(response), found, &err), &err);
	assert_memory_equal(found, bytes, sizeof(bytes));
	assert_refused("short", report_response_parse(response, 1215, found, &err), &err,
		       ERROR_INPUT, "1215 bytes, at least 1216");
	response[4]++;
	assert_refused("size", report_response_parse(response, sizeof(response), found, &err), &err,
		       ERROR_INPUT, "1185 bytes, not 1184");
	response[0] = 0x16;
	assert_refused("status", report_response_parse(response, sizeof(response), found, &err),
		       &err, ERROR_INPUT, "status 0x16");
}

static void put_entry(uint8_t *at, const uint8_t guid[16], uint8_t offset, uint8_t length)
{
	memcpy(at, guid, 16);
	at[16] = offset;
	at[20] = length;
}

static const uint8_t vcek[16] = { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
				  0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd };

static void certificates_are_found(void **state)
{
	uint8_t bytes[128] = { 0 };
	struct cert_table table;
	struct error err;

	(void)state;
	bytes[0] = 0xff;
	put_entry(bytes, bytes, 100, 20);
	put_entry(bytes + 24, vcek, 72, 5);
	assert_done(cert_table_parse(bytes, sizeof(bytes), &table, &err), &err);
	assert_int_equal(table.count, 1);
	assert_int_equal(table.certificates[0].type, KBS_CERTIFICATE_VCEK);
	assert_ptr_equal(table.certificates[0].bytes, bytes + 72);
	assert_int_equal(table.certificates[0].size, 5);
	assert_done(cert_table_parse(NULL, 0, &table, &err), &err);
	assert_int_equal(table.count, 0);
	memset(bytes, 0, sizeof(bytes));
	assert_done(cert_table_parse(bytes, sizeof(bytes), &table, &err), &err);
	assert_int_equal(table.count, 0);
}

static void damaged_tables_are_refused(void **state)
{
	uint8_t bytes[48] = { 0 };
	struct cert_table table = { .count = 7 };
	struct error err;

	(void)state;
	put_entry(bytes, vcek, 40, 9);
	assert_refused("range", cert_table_parse(bytes, sizeof(bytes), &table, &err), &err,
		       ERROR_INPUT, "a certificate of 9 bytes at byte 40 of 48");
	put_entry(bytes, vcek, 40, 0);
	assert_refused("empty", cert_table_parse(bytes, sizeof(bytes), &table, &err), &err,
		       ERROR_INPUT, "of 0 bytes");
	put_entry(bytes, vcek, 40, 8);
	put_entry(bytes + 24, vcek, 40, 8);
	assert_refused("end", cert_table_parse(bytes, sizeof(bytes), &table, &err), &err,
		       ERROR_INPUT, "has no end");
	assert_int_equal(table.count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configfs_is_read),
		cmocka_unit_test(without_a_driver_the_device_is_asked),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(the_firmwares_answer_is_read),
		cmocka_unit_test(certificates_are_found),
		cmocka_unit_test(damaged_tables_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
