// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/boot/linux_image.h"
#include "builder/boot/pe.h"
#include "builder/boot/uki.h"
#include "common/cleanup.h"
#include "tests/unit/boot/specimen.h"

static const uint8_t initrd[5000] = { 1, 2, 3 };
static const char os_release[] = "ID=test\n";

static struct uki_options options_of(const uint8_t *stub, const uint8_t *kernel)
{
	return (struct uki_options){
		.stub = { stub, PE_SPECIMEN_BYTES },
		.kernel = { kernel, PE_SPECIMEN_BYTES },
		.initrd = { initrd, sizeof(initrd) },
		.os_release = { (const uint8_t *)os_release, strlen(os_release) },
		.cmdline = "a=b c",
	};
}

static void sections_are_read(void **state)
{
	uint8_t file[PE_SPECIMEN_BYTES];
	struct error err = { 0 };
	struct pe pe;

	(void)state;
	pe_specimen(file);
	if (pe_parse(file, sizeof(file), &pe, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pe.machine, PE_MACHINE_X86_64);
	assert_int_equal(pe.section_count, 2);
	assert_string_equal(pe.sections[1].name, ".data");
	assert_int_equal(pe.sections[1].virtual_address, 0x2000);
	assert_int_equal(pe.sections[1].raw_offset, 0x600);
	assert_int_equal(pe.image_bytes, 0x2200);
	assert_int_equal(pe_sections_room(&pe), (0x400 - PE_TABLE_AT) / 40 - 2);
}

static void damaged_headers_are_refused(void **state)
{
	static const struct defect defects[] = {
		{ "no MZ", 0, 1, 'X', "not a PE file" },
		{ "header at the end", 60, 4, 0x808, "past the end" },
		{ "header at 2^32", 60, 4, UINT32_MAX, "past the end" },
		{ "no PE", PE_AT, 1, 'N', "not a PE32+" },
		{ "PE32", PE_OPTIONAL_AT, 2, 0x10b, "not a PE32+" },
		{ "machine", PE_AT + 4, 2, 0x14c, "machine 0x14c" },
		{ "no sections", PE_AT + 6, 2, 0, "0 PE sections" },
		{ "97 sections", PE_AT + 6, 2, 97, "97 PE sections" },
		{ "more sections than headers", PE_AT + 6, 2, 96, "do not hold" },
		{ "optional header too long", PE_AT + 20, 2, 65535, "do not hold" },
		{ "optional header too short", PE_AT + 20, 2, 112, "data directories" },
		{ "many directories", PE_OPTIONAL_AT + 108, 4, 17, "data directories" },
		{ "section alignment", PE_OPTIONAL_AT + 32, 4, 0x300, "powers of 2" },
		{ "file alignment", PE_OPTIONAL_AT + 36, 4, 0, "powers of 2" },
		{ "headers past the end", PE_OPTIONAL_AT + 60, 4, 0x900, "do not hold" },
		{ "section in the headers", PE_TABLE_AT + 12, 4, 0x3ff, "lies on what ends" },
		{ "sections share memory", PE_TABLE_AT + 8, 4, 0x1001, "lies on what ends" },
		{ "past 4 GiB", PE_TABLE_AT + 48, 4, 0xffffff00, "past 4 GiB" },
		{ "bytes past the end", PE_TABLE_AT + 60, 4, 0x700, "outside of the file" },
		{ "bytes at 2^32", PE_TABLE_AT + 60, 4, UINT32_MAX, "outside of the file" },
		{ "bytes in the headers", PE_TABLE_AT + 60, 4, 0x200, "outside of the file" },
		{ "bytes shared", PE_TABLE_AT + 60, 4, 0x500, ".text and .data share" },
	};
	uint8_t file[PE_SPECIMEN_BYTES];
	struct pe pe = { .section_count = 55 };

	(void)state;
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
		struct error err = { 0 };
		pe_specimen(file);
		defect_apply(&defects[i], file);
		if (pe_parse(file, sizeof(file), &pe, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, defects[i].message))
			fail_msg("%s: \"%s\"", defects[i].name, err.text);
		assert_int_equal(pe.section_count, 55);
	}
}

static const struct pe_section *section_of(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (strcmp(pe->sections[i].name, name) == 0)
			return &pe->sections[i];
	fail_msg("no section %s", name);
	return NULL;
}

static void assert_section(const uint8_t *uki, const struct pe *pe, const char *name,
			   const void *bytes, size_t size)
{
	const struct pe_section *s = section_of(pe, name);

	assert_int_equal(s->virtual_bytes, size);
	assert_int_equal(s->virtual_address % 4096, 0);
	assert_memory_equal(uki + s->raw_offset, bytes, size);
	for (size_t i = size; i < s->raw_bytes; i++)
		assert_int_equal(uki[s->raw_offset + i], 0);
}

/* The specification's words again, in another arrangement: one's complement sum of words, then the
 * length. */
static uint32_t checksum_of(const uint8_t *file, size_t size, size_t field)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++) {
		uint32_t byte = i >= field && i < field + 4 ? 0 : file[i];
		sum += byte << (8 * (i % 2));
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return sum + (uint32_t)size;
}

static void a_uki_holds_each_part(void **state)
{
	uint8_t stub[PE_SPECIMEN_BYTES], kernel[PE_SPECIMEN_BYTES];
	cleanup_free uint8_t *uki = NULL, *again = NULL;
	struct error err = { 0 };
	size_t size, again_size;
	struct pe pe;

	(void)state;
	pe_specimen(stub);
	pe_specimen(kernel);
	const struct uki_options options = options_of(stub, kernel);
	if (uki_build(&options, &uki, &size, &err) < 0 || pe_parse(uki, size, &pe, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(pe.section_count, 6);
	assert_memory_equal(uki + 0x400, stub + 0x400, 0x400);
	assert_section(uki, &pe, ".osrel", os_release, strlen(os_release));
	assert_section(uki, &pe, ".cmdline", "a=b c", 5);
	assert_section(uki, &pe, ".initrd", initrd, sizeof(initrd));
	assert_section(uki, &pe, ".linux", kernel, sizeof(kernel));
	assert_string_equal(pe.sections[5].name, ".linux");
	assert_int_equal(section_of(&pe, ".linux")->characteristics, 0x60000020);
	assert_int_equal(pe.image_bytes % 0x200, 0);
	assert_true(pe.image_bytes >=
		    pe.sections[5].virtual_address + pe.sections[5].virtual_bytes);
	assert_int_equal(size, pe.sections[5].raw_offset + pe.sections[5].raw_bytes);
	/* no symbols any more: that is where .osrel is now */
	assert_int_equal(uki[PE_AT + 12] | uki[PE_AT + 13] | uki[PE_AT + 16], 0);
	uint8_t expected[4];
	put32(expected, checksum_of(uki, size, PE_OPTIONAL_AT + 64));
	assert_memory_equal(uki + PE_OPTIONAL_AT + 64, expected, 4);

	assert_int_equal(uki_build(&options, &again, &again_size, &err), 0);
	assert_int_equal(again_size, size);
	assert_memory_equal(again, uki, size);
}

static void parts_that_are_not_there_have_no_section(void **state)
{
	uint8_t stub[PE_SPECIMEN_BYTES], kernel[PE_SPECIMEN_BYTES];
	cleanup_free uint8_t *uki = NULL;
	struct error err = { 0 };
	struct pe pe;
	size_t size;

	(void)state;
	pe_specimen(stub);
	pe_specimen(kernel);
	struct uki_options options = options_of(stub, kernel);
	options.initrd.size = 0;
	options.cmdline = NULL;
	assert_int_equal(uki_build(&options, &uki, &size, &err), 0);
	assert_int_equal(pe_parse(uki, size, &pe, &err), 0);
	assert_int_equal(pe.section_count, 4);
	assert_int_equal(uki_check(uki, size, &err), -1);
	assert_non_null(strstr(err.text, "no section .initrd"));
	assert_int_equal(uki_check(stub, sizeof(stub), &err), -1);
	assert_non_null(strstr(err.text, "no section .linux"));
}

static void unfit_parts_are_refused(void **state)
{
	static const struct {
		struct defect defect;
		bool in_kernel;
	} rows[] = {
		{ { "signed", PE_DIRECTORIES_AT + 36, 4, 100, "the stub: is signed" }, false },
		{ { "long name", PE_TABLE_AT, 2, 0x342f, "section 1 has a long name" }, false },
		{ { "has .linux", PE_TABLE_AT + 40, 7, UINT64_C(0x78756e696c2e),
		    "a section .linux already" },
		  false },
		{ { "no room", PE_OPTIONAL_AT + 60, 4, PE_TABLE_AT + 80, "no room" }, false },
		{ { "kernel of another machine", PE_AT + 4, 2, 0xaa64, "machine 0xaa64" }, true },
		{ { "kernel no EFI program", 0, 1, 0, "not an EFI program" }, true },
	};
	uint8_t stub[PE_SPECIMEN_BYTES], kernel[PE_SPECIMEN_BYTES], *uki = NULL;
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		pe_specimen(stub);
		pe_specimen(kernel);
		defect_apply(&rows[i].defect, rows[i].in_kernel ? kernel : stub);
		const struct uki_options options = options_of(stub, kernel);
		if (uki_build(&options, &uki, &size, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, rows[i].defect.message))
			fail_msg("%s: \"%s\"", rows[i].defect.name, err.text);
		assert_null(uki);
	}
}

static void a_command_line_is_one_line_of_bounded_length(void **state)
{
	uint8_t stub[PE_SPECIMEN_BYTES], *uki = NULL;
	char longest[UKI_CMDLINE_MAX_BYTES + 2];
	const char *bad[] = { "a\nb", "a\tb", "\x7f", longest };
	struct error err = { 0 };
	size_t size;

	(void)state;
	pe_specimen(stub);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	struct uki_options options = options_of(stub, stub);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		options.cmdline = bad[i];
		assert_int_equal(uki_build(&options, &uki, &size, &err), -1);
		assert_non_null(strstr(err.text, "command line"));
	}
	longest[UKI_CMDLINE_MAX_BYTES] = '\0';
	assert_int_equal(uki_build(&options, &uki, &size, &err), 0);
	assert_int_equal(uki_check(uki, size, &err), 0);
	free(uki);
}

/* A setup header as boot.rst draws it, in a file of 2 + 1 sectors. */
static void make_bzimage(uint8_t file[0x600], const char *version)
{
	memset(file, 0, 0x600);
	file[0x1f1] = 2;
	memcpy(file + 0x202, "HdrS", 4);
	put16(file + 0x20e, 0x300 - 0x200);
	memcpy(file + 0x300, version, strlen(version));
}

static void a_kernel_names_its_release(void **state)
{
	uint8_t file[0x600];
	char release[LINUX_RELEASE_BYTES];
	struct error err = { 0 };

	(void)state;
	make_bzimage(file, "6.1.0-56-cloud-amd64 (builder@host) #1 SMP");
	assert_int_equal(linux_image_release(file, sizeof(file), release, &err), 0);
	assert_string_equal(release, "6.1.0-56-cloud-amd64");
	put16(file + 0x20e, 0);
	assert_int_equal(linux_image_release(file, sizeof(file), release, &err), 0);
	assert_string_equal(release, "");
	file[0x202] = 'X';
	assert_int_equal(linux_image_release(file, sizeof(file), release, &err), 0);
	assert_string_equal(release, "");
	assert_int_equal(linux_image_release(file, 0, release, &err), 0);
	assert_string_equal(release, "");
}

static void a_release_outside_of_the_setup_code_is_refused(void **state)
{
	static const struct defect defects[] = {
		{ "behind the setup code", 0x20e, 2, 0x400, "" },
		{ "past the file", 0x20e, 2, 0xffff, "" },
		{ "shorter setup code", 0x1f1, 1, 1, "" },
		{ "not text", 0x300, 1, 0x80, "" },
	};
	uint8_t file[0x600];
	char release[LINUX_RELEASE_BYTES] = "untouched", endless[0x300];

	(void)state;
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
		struct error err = { 0 };
		make_bzimage(file, "6.1 ");
		if (i == 2)
			put16(file + 0x20e, 0x200);
		defect_apply(&defects[i], file);
		if (linux_image_release(file, sizeof(file), release, &err) != -1)
			fail_msg("%s was taken", defects[i].name);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_string_equal(release, "untouched");
	}
	struct error err = { 0 };
	memset(endless, '6', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	make_bzimage(file, endless);
	assert_int_equal(linux_image_release(file, sizeof(file), release, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_read),
		cmocka_unit_test(damaged_headers_are_refused),
		cmocka_unit_test(a_uki_holds_each_part),
		cmocka_unit_test(parts_that_are_not_there_have_no_section),
		cmocka_unit_test(unfit_parts_are_refused),
		cmocka_unit_test(a_command_line_is_one_line_of_bounded_length),
		cmocka_unit_test(a_kernel_names_its_release),
		cmocka_unit_test(a_release_outside_of_the_setup_code_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
