// SPDX-License-Identifier: Apache-2.0
#include "vectors.h"

#include <openssl/evp.h>

#include "attest/measure.h"
#include "attest/ovmf.h"
#include "attest/vmsa.h"
#include "common/cleanup.h"
#include "common/hex.h"

static void sha256(const void *bytes, size_t size, uint8_t hash[32])
{
	unsigned n = 32;

	assert_int_equal(EVP_Digest(bytes, size, hash, &n, EVP_sha256(), NULL), 1);
}

/* Kernel hashes as a caller makes them; an absent initrd hashes as nothing. */
static struct measure_kernel kernel_read(const char *kernel, const char *initrd,
					 const char *cmdline)
{
	struct measure_kernel k;
	char path[256];
	size_t size;

	(void)snprintf(path, sizeof(path), "measure/%s", kernel);
	cleanup_free uint8_t *bytes = vector_read(path, &size);
	sha256(bytes, size, k.kernel);
	sha256("", 0, k.initrd);
	if (*initrd) {
		(void)snprintf(path, sizeof(path), "measure/%s", initrd);
		cleanup_free uint8_t *more = vector_read(path, &size);
		sha256(more, size, k.initrd);
	}
	measure_cmdline(cmdline, k.cmdline);
	return k;
}

static void check(const struct measure_launch *launch, const char *want)
{
	uint8_t digest[MEASURE_MAX_BYTES];
	char text[2 * MEASURE_MAX_BYTES + 1];
	size_t size;

	assert_ok(measure_launch(launch, digest, &size, &err));
	hex_encode(digest, size, text);
	assert_string_equal(text, want);
}

/* mode, vCPUs, vCPU type, guest features, firmware, kernel, initrd, command line, digest */
static void the_table_of_cases_holds(void **state)
{
	size_t size, rows = 0;
	cleanup_free uint8_t *table = vector_read("measure/cases.tsv", &size);
	char *next = (char *)table;

	(void)state;
	for (char *line; (line = strsep(&next, "\n")) && *line; rows++) {
		char *column[9] = { 0 }, path[256];
		struct measure_launch l = { 0 };
		struct measure_kernel kernel;

		print_message("%s\n", line);
		for (int i = 0; i < 9; i++)
			column[i] = strsep(&line, "\t");
		assert_non_null(column[8]);
		l.mode = !strcmp(column[0], "snp")   ? MEASURE_SNP
			 : !strcmp(column[0], "sev") ? MEASURE_SEV
						     : MEASURE_SEV_ES;
		l.vcpus = (unsigned)strtoul(column[1], NULL, 10);
		assert_ok(measure_vcpu_type(column[2], &l.vcpu_signature, &err));
		l.guest_features = strtoul(column[3], NULL, 16);
		(void)snprintf(path, sizeof(path), "measure/%s", column[4]);
		cleanup_free uint8_t *firmware = vector_read(path, &l.firmware_size);
		l.firmware = firmware;
		if (*column[5]) {
			kernel = kernel_read(column[5], column[6], column[7]);
			l.kernel = &kernel;
		}
		check(&l, column[8]);
	}
	assert_int_equal(rows, 6);
}

/* Computed with virtee/sev-snp-measure 0.0.13 from the same firmware; no initrd. */
static const struct {
	enum measure_mode mode;
	unsigned vcpus;
	const char *type;
	uint64_t features;
	const char *firmware;
	bool kernel;
	const char *cmdline, *digest;
} golden[] = {
	{ MEASURE_SNP, 3, "EPYC", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-v1", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-v2", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-IBPB", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-v3", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-v4", 0x1, "AmdSev", true, "a b",
	  "148e8765baa4e5d81d651bcdc9d5e9af51d1c37689d3dd3cc7a9f4bff8145b5c8a7c1ec8f25b8007f3ade6d1"
	  "9fdde50c" },
	{ MEASURE_SNP, 3, "EPYC-Rome", 0x1, "AmdSev", true, "a b",
	  "a3ce09b828dd836b9ae18421755f36382832a36475d299356e68df0a9b3eb6b49a3de3031c3bafbaa6288120"
	  "0f10e796" },
	{ MEASURE_SNP, 3, "EPYC-Rome-v1", 0x1, "AmdSev", true, "a b",
	  "a3ce09b828dd836b9ae18421755f36382832a36475d299356e68df0a9b3eb6b49a3de3031c3bafbaa6288120"
	  "0f10e796" },
	{ MEASURE_SNP, 3, "EPYC-Rome-v2", 0x1, "AmdSev", true, "a b",
	  "a3ce09b828dd836b9ae18421755f36382832a36475d299356e68df0a9b3eb6b49a3de3031c3bafbaa6288120"
	  "0f10e796" },
	{ MEASURE_SNP, 3, "EPYC-Rome-v3", 0x1, "AmdSev", true, "a b",
	  "a3ce09b828dd836b9ae18421755f36382832a36475d299356e68df0a9b3eb6b49a3de3031c3bafbaa6288120"
	  "0f10e796" },
	{ MEASURE_SNP, 3, "EPYC-Milan", 0x1, "AmdSev", true, "a b",
	  "c2529633cef9687e5b55f256293612b70ccc2a8190b42614ab0a35781d80190877cf1bdf4d860433d35e42f8"
	  "8aa6e1d4" },
	{ MEASURE_SNP, 3, "EPYC-Milan-v1", 0x1, "AmdSev", true, "a b",
	  "c2529633cef9687e5b55f256293612b70ccc2a8190b42614ab0a35781d80190877cf1bdf4d860433d35e42f8"
	  "8aa6e1d4" },
	{ MEASURE_SNP, 3, "EPYC-Milan-v2", 0x1, "AmdSev", true, "a b",
	  "c2529633cef9687e5b55f256293612b70ccc2a8190b42614ab0a35781d80190877cf1bdf4d860433d35e42f8"
	  "8aa6e1d4" },
	{ MEASURE_SNP, 3, "EPYC-Genoa", 0x1, "AmdSev", true, "a b",
	  "012fe42dd562f53f47b70f233967456b72b59d44253f4b546b97d9d9126f72653ed900e8591ed9fb7cead194"
	  "a36c6e8d" },
	{ MEASURE_SNP, 3, "EPYC-Genoa-v1", 0x1, "AmdSev", true, "a b",
	  "012fe42dd562f53f47b70f233967456b72b59d44253f4b546b97d9d9126f72653ed900e8591ed9fb7cead194"
	  "a36c6e8d" },
	{ MEASURE_SNP, 3, "EPYC-Turin", 0x1, "AmdSev", true, "a b",
	  "1101366b15398124c3b7e1918c9ff370fa36a72f6999440a98be10c68d4403355d4038eea477261f9430eef6"
	  "b254b93e" },
	{ MEASURE_SNP, 4, "EPYC-Genoa", 0x1, "OvmfX64", false, NULL,
	  "403aa9a8e082a1763575d6b52d7b8bfbcc0f1b1d996f0b17040e6418bdfb6a855eca502b391ce776dbd5af27"
	  "5c6c8d0b" },
	{ MEASURE_SNP, 1, "EPYC-Milan", 0x3ff, "AmdSev", false, NULL,
	  "45b4961419727a22177cdf3713c9b469225cca427821cc49a230e77c2fd62ec22de3783261394ef3515aab92"
	  "edb7b3f3" },
	{ MEASURE_SEV_ES, 4, "EPYC-Milan", 0x0, "AmdSev", true, "",
	  "66d0e70651cbfd05b5c94e01bf6acfc618f20fc8380305cdfc86ec3463283095" },
	{ MEASURE_SEV_ES, 2, "EPYC-Rome", 0x0, "OvmfX64", false, NULL,
	  "b49a70cd18ba6d4f8592dfd9e20e8c0b739f903975b026d944297662d6cb5f3c" },
	{ MEASURE_SEV, 1, "EPYC", 0x0, "OvmfX64", false, NULL,
	  "b4c021e085fb83ceffe6571a3d357b4a98773c83c474e47f76c876708fe316da" },
};

static void every_vcpu_type_agrees_with_the_reference(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		struct measure_launch l = { .mode = golden[i].mode,
					    .vcpus = golden[i].vcpus,
					    .guest_features = golden[i].features };
		struct measure_kernel kernel;
		char path[256];

		print_message("row %zu, %s\n", i, golden[i].type);
		(void)snprintf(path, sizeof(path), "measure/ovmf_%s_suffix.bin",
			       golden[i].firmware);
		cleanup_free uint8_t *firmware = vector_read(path, &l.firmware_size);
		l.firmware = firmware;
		assert_ok(measure_vcpu_type(golden[i].type, &l.vcpu_signature, &err));
		if (golden[i].kernel) {
			kernel = kernel_read("kernel.bin", "", golden[i].cmdline);
			l.kernel = &kernel;
		}
		check(&l, golden[i].digest);
	}
}

static void an_unknown_vcpu_type_lists_the_known(void **state)
{
	uint32_t signature;

	(void)state;
	assert_fails(ERROR_USAGE, "EPYC-Genoa-v1, EPYC-Turin",
		     measure_vcpu_type("epyc", &signature, &err));
}

/* Firmware made here: entries are written from the end of the table towards lower addresses. */
struct firmware {
	uint8_t bytes[8192];
	size_t at; /* where the table begins so far */
	size_t end;
};

static const char guid_footer[] = "de82b596b21ff745baeaa366c55a082d";
static const char guid_reset[] = "de71f7007e1acb4f890e68c77e2fb44e";
static const char guid_metadata[] = "666588dc4a989847a75e5585a7bf67cc";

static void put_le(uint8_t *to, uint64_t n, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (uint8_t)(n >> 8 * i);
}

static void firmware_start(struct firmware *f)
{
	memset(f, 0, sizeof(*f));
	f->end = sizeof(f->bytes) - 32;
	f->at = f->end - 18;
	assert_ok(hex_decode(guid_footer, f->bytes + f->at + 2, 16, &err));
	put_le(f->bytes + f->at, 18, 2);
}

static void firmware_entry(struct firmware *f, const char *guid, uint32_t word)
{
	f->at -= 22;
	put_le(f->bytes + f->at, word, 4);
	put_le(f->bytes + f->at + 4, 22, 2);
	assert_ok(hex_decode(guid, f->bytes + f->at + 6, 16, &err));
	put_le(f->bytes + f->end - 18, f->end - f->at, 2);
}

static void firmware_metadata(struct firmware *f, uint32_t count, uint32_t type, uint32_t gpa,
			      uint32_t size)
{
	uint8_t *m = f->bytes + 4096;

	memcpy(m, "ASEV", 4);
	put_le(m + 4, 16 + 12 * (uint64_t)count, 4);
	put_le(m + 8, 1, 4);
	put_le(m + 12, count, 4);
	put_le(m + 16, gpa, 4);
	put_le(m + 20, size, 4);
	put_le(m + 24, type, 4);
	firmware_entry(f, guid_metadata, 4096);
}

static void malformed_firmware_is_refused(void **state)
{
	struct firmware f;
	struct ovmf o;

	(void)state;
	firmware_start(&f);
	assert_fails(ERROR_INPUT, "firmware of 10 bytes", ovmf_parse(f.bytes, 10, &o, &err));

	firmware_metadata(&f, 1, 1, 0x800000, 0x9000);
	assert_ok(ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	assert_int_equal(o.section_count, 1);
	assert_int_equal(o.sections[0].size_bytes, 0x9000);
	put_le(f.bytes + 4096 + 8, 2, 4);
	assert_fails(ERROR_INPUT, "not of version 1",
		     ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));

	static const struct {
		uint32_t count, type, gpa, size;
		const char *why;
	} rows[] = {
		{ 65, 1, 0, 0, "65 SEV metadata sections" },
		{ UINT32_MAX, 1, 0, 0, "SEV metadata sections" },
		{ 1, 7, 0, 0, "type 0x7 is not known" },
		{ 1, 1, 1, 4096, "not made of pages" },
		{ 1, 1, 0, 17, "not made of pages" },
		{ 1, 1, 0, 0x10001000, "sections of 268439552 bytes" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		firmware_start(&f);
		firmware_metadata(&f, rows[i].count, rows[i].type, rows[i].gpa, rows[i].size);
		assert_fails(ERROR_INPUT, rows[i].why,
			     ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	}

	firmware_start(&f);
	firmware_entry(&f, guid_metadata, sizeof(f.bytes) + 1);
	assert_fails(ERROR_INPUT, "lies outside", ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	firmware_start(&f);
	firmware_entry(&f, guid_metadata, 15);
	assert_fails(ERROR_INPUT, "lies outside", ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	firmware_start(&f);
	put_le(f.bytes + f.end - 18, 0xffff, 2);
	assert_fails(ERROR_INPUT, "outside the image",
		     ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	firmware_start(&f);
	firmware_entry(&f, guid_reset, 1);
	put_le(f.bytes + f.at + 4, 17, 2);
	assert_fails(ERROR_INPUT, "entry of 17 bytes",
		     ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
	put_le(f.bytes + f.at + 4, 18, 2);
	assert_fails(ERROR_INPUT, "cut short", ovmf_parse(f.bytes, sizeof(f.bytes), &o, &err));
}

static void firmware_that_cannot_be_launched_so_says_why(void **state)
{
	struct measure_kernel kernel = { 0 };
	uint8_t digest[MEASURE_MAX_BYTES];
	struct measure_launch l;
	struct firmware f;
	size_t size;

	(void)state;
	firmware_start(&f);
	l = (struct measure_launch){ .mode = MEASURE_SNP,
				     .firmware = f.bytes,
				     .firmware_size = sizeof(f.bytes),
				     .vcpus = 1 };
	assert_fails(ERROR_INPUT, "no SEV metadata", measure_launch(&l, digest, &size, &err));
	l.vcpus = 2;
	assert_fails(ERROR_INPUT, "where further vCPUs start",
		     measure_launch(&l, digest, &size, &err));
	l.vcpus = 0;
	assert_fails(ERROR_INPUT, "0 vCPUs", measure_launch(&l, digest, &size, &err));
	l.vcpus = MEASURE_VCPUS_MAX + 1;
	assert_fails(ERROR_INPUT, "4097 vCPUs", measure_launch(&l, digest, &size, &err));

	firmware_metadata(&f, 1, OVMF_SECTION_CPUID, 0x800000, 4096);
	l.vcpus = 1;
	assert_ok(measure_launch(&l, digest, &size, &err));
	l.kernel = &kernel;
	assert_fails(ERROR_INPUT, "no place for kernel hashes",
		     measure_launch(&l, digest, &size, &err));
	l.mode = MEASURE_SEV;
	assert_fails(ERROR_INPUT, "takes no kernel hashes",
		     measure_launch(&l, digest, &size, &err));
}

/* Whatever version is installed, its firmware is measured or the reason is about the firmware. */
static void debians_firmware_is_measured_or_refused_with_a_reason(void **state)
{
	static const char path[] = "/usr/share/ovmf/OVMF.fd";
	uint8_t digest[MEASURE_MAX_BYTES];
	cleanup_free uint8_t *firmware = NULL;
	struct measure_kernel kernel = { 0 };
	struct measure_launch l = { .mode = MEASURE_SNP, .vcpus = 2, .guest_features = 1 };
	struct error why = { 0 };
	size_t size = 0;

	(void)state;
	if (file_read(path, OVMF_MAX_BYTES, &firmware, &l.firmware_size, &why) < 0) {
		print_message("# SKIP %s is absent (Debian package ovmf)\n", path);
		skip();
	}
	l.firmware = firmware;
	if (measure_launch(&l, digest, &size, &why) == 0)
		assert_int_equal(size, 48);
	else
		assert_non_null(strstr(why.text, "firmware"));
	l.kernel = &kernel; /* its build has no place for them, as of 2025 */
	if (measure_launch(&l, digest, &size, &why) < 0)
		assert_non_null(strstr(why.text, "kernel hashes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_cases_holds),
		cmocka_unit_test(every_vcpu_type_agrees_with_the_reference),
		cmocka_unit_test(an_unknown_vcpu_type_lists_the_known),
		cmocka_unit_test(malformed_firmware_is_refused),
		cmocka_unit_test(firmware_that_cannot_be_launched_so_says_why),
		cmocka_unit_test(debians_firmware_is_measured_or_refused_with_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
