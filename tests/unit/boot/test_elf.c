// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/boot/elf.h"
#include "builder/boot/library_cache.h"
#include "common/cleanup.h"
#include "common/io.h"
#include "tests/unit/boot/specimen.h"

static void a_library_says_what_it_needs(void **state)
{
	uint8_t file[ELF_SPECIMEN_BYTES];
	struct elf_needs needs;
	struct error err = { 0 };

	(void)state;
	elf_specimen(file);
	if (elf_parse(file, sizeof(file), &needs, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(needs.machine, ELF_X86_64);
	assert_string_equal(needs.interpreter, "/lib/ld.so");
	assert_int_equal(needs.needed_count, 2); /* what follows DT_NULL does not count */
	assert_string_equal(needs.needed[0], "libone.so.1");
	assert_string_equal(needs.needed[1], "libtwo.so.2");
	assert_string_equal(needs.runpath, "$ORIGIN/../lib:/opt/lib");
	assert_string_equal(needs.rpath, "/old");
}

static void a_static_program_needs_nothing(void **state)
{
	uint8_t file[ELF_SPECIMEN_BYTES];
	struct elf_needs needs;
	struct error err = { 0 };

	(void)state;
	elf_specimen(file);
	put16(file + 16, 2);
	put16(file + 18, 183);
	put16(file + 56, 1);
	assert_int_equal(elf_parse(file, sizeof(file), &needs, &err), 0);
	assert_int_equal(needs.machine, ELF_AARCH64);
	assert_null(needs.interpreter);
	assert_null(needs.runpath);
	assert_int_equal(needs.needed_count, 0);
}

static void damaged_headers_are_refused(void **state)
{
	static const struct defect defects[] = {
		{ "magic", 0, 1, 'M', "not an ELF file" },
		{ "32 bits", 4, 1, 1, "not 64-bit little-endian" },
		{ "big endian", 5, 1, 2, "not 64-bit little-endian" },
		{ "object file", 16, 2, 1, "ELF of type 1" },
		{ "RISC-V", 18, 2, 243, "machine 243" },
		{ "no program headers", 56, 2, 0, "0 ELF program headers" },
		{ "too many", 56, 2, 257, "257 ELF program headers" },
		{ "headers of another size", 54, 2, 32, "of 32 bytes" },
		{ "headers past the end", 32, 8, 0x3f0, "past the end" },
		{ "headers at 2^64", 32, 8, UINT64_MAX - 10, "past the end" },
		{ "interpreter past the end", ELF_PROGRAMS_AT + 56 + 8, 8, 0x3fa,
		  "segment 1 ends past" },
		{ "interpreter of 2^64", ELF_PROGRAMS_AT + 56 + 32, 8, UINT64_MAX,
		  "segment 1 ends past" },
		{ "interpreter not terminated", ELF_PROGRAMS_AT + 56 + 32, 8, 10,
		  "not an absolute path" },
		{ "interpreter relative", 0x200, 1, 'l', "not an absolute path" },
		{ "two dynamic segments", ELF_PROGRAMS_AT + 56, 4, 2, "string table" },
		{ "strings nowhere", ELF_DYNAMIC_AT + 4 * 16 + 8, 8, 0x900000, "string table" },
		{ "strings too long", ELF_DYNAMIC_AT + 5 * 16 + 8, 8, 0x101, "string table" },
		{ "strings of 2^64", ELF_DYNAMIC_AT + 5 * 16 + 8, 8, UINT64_MAX, "string table" },
		{ "name past the strings", ELF_DYNAMIC_AT + 8, 8, 500, "outside of its table" },
		{ "name not terminated", ELF_DYNAMIC_AT + 5 * 16 + 8, 8, 20,
		  "outside of its table" },
	};
	uint8_t file[ELF_SPECIMEN_BYTES];
	struct elf_needs needs = { .needed_count = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
		struct error err = { 0 };
		elf_specimen(file);
		defect_apply(&defects[i], file);
		if (elf_parse(file, sizeof(file), &needs, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, defects[i].message))
			fail_msg("%s: \"%s\"", defects[i].name, err.text);
		assert_int_equal(needs.needed_count, 77);
	}
}

static void a_cut_file_is_refused(void **state)
{
	uint8_t file[ELF_SPECIMEN_BYTES];
	struct elf_needs needs;
	struct error err;

	(void)state;
	elf_specimen(file);
	for (size_t size = 0; size < ELF_STRINGS_AT + ELF_STRINGS_BYTES; size++) {
		/* of its own length, so that a read past it is seen */
		cleanup_free uint8_t *cut = malloc(size + 1);
		memcpy(cut, file, size);
		assert_int_equal(elf_parse(cut, size, &needs, &err), -1);
	}
}

static void this_program_is_read_too(void **state)
{
	cleanup_free uint8_t *bytes = NULL;
	struct elf_needs needs;
	struct error err = { 0 };
	size_t size, found = 0;

	(void)state;
	assert_int_equal(file_read("/proc/self/exe", 64 << 20, &bytes, &size, &err), 0);
	if (elf_parse(bytes, size, &needs, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < needs.needed_count; i++)
		found += strncmp(needs.needed[i], "libcmocka.so", 12) == 0;
	assert_int_equal(found, 1);
}

/* A library cache with three entries, and strings at 48 + 3 * 24 = 120. */
enum { CACHE_BYTES = 256, CACHE_STRINGS = 120 };

static void cache_entry(uint8_t *cache, size_t i, uint32_t flags, uint32_t key, uint32_t value,
			uint64_t hwcap)
{
	uint8_t *at = cache + 48 + 24 * i;

	put32(at, flags);
	put32(at + 4, key);
	put32(at + 8, value);
	put64(at + 16, hwcap);
}

static void make_cache(uint8_t cache[CACHE_BYTES])
{
	static const char strings[] =
		"libone.so.1\0/hw/libone.so.1\0/arm/libone.so.1\0/libone.so.1";

	memset(cache, 0, CACHE_BYTES);
	memcpy(cache, "glibc-ld.so.cache1.1", 20);
	put32(cache + 20, 3);
	put32(cache + 24, sizeof(strings));
	cache[28] = 2;
	memcpy(cache + CACHE_STRINGS, strings, sizeof(strings));
	cache_entry(cache, 0, 0x0303, CACHE_STRINGS, CACHE_STRINGS + 12, UINT64_C(1) << 62);
	cache_entry(cache, 1, 0x0a03, CACHE_STRINGS, CACHE_STRINGS + 28, 0);
	cache_entry(cache, 2, 0x0303, CACHE_STRINGS, CACHE_STRINGS + 45, 0);
}

static void the_cache_has_the_plain_library_of_each_machine(void **state)
{
	uint8_t bytes[CACHE_BYTES];
	struct library_cache cache;
	struct error err = { 0 };

	(void)state;
	make_cache(bytes);
	assert_int_equal(library_cache_parse(bytes, sizeof(bytes), &cache, &err), 0);
	assert_string_equal(library_cache_find(&cache, "libone.so.1", ELF_X86_64), "/libone.so.1");
	assert_string_equal(library_cache_find(&cache, "libone.so.1", ELF_AARCH64),
			    "/arm/libone.so.1");
	assert_null(library_cache_find(&cache, "libone.so", ELF_X86_64));
	cache_entry(bytes, 2, 0x0303, CACHE_STRINGS, CACHE_BYTES, 0);
	assert_null(library_cache_find(&cache, "libone.so.1", ELF_X86_64));
	cache_entry(bytes, 2, 0x0303, UINT32_MAX, CACHE_STRINGS + 45, 0);
	assert_null(library_cache_find(&cache, "libone.so.1", ELF_X86_64));
	memset(bytes + CACHE_STRINGS + 45, 'x', CACHE_BYTES - CACHE_STRINGS - 45);
	cache_entry(bytes, 2, 0x0303, CACHE_STRINGS, CACHE_STRINGS + 45, 0);
	assert_null(library_cache_find(&cache, "libone.so.1", ELF_X86_64));
}

static void another_cache_is_refused(void **state)
{
	static const struct defect defects[] = {
		{ "version", 19, 1, '2', "not a library cache" },
		{ "big endian", 28, 1, 3, "big-endian" },
		{ "too many entries", 20, 4, 9, "9 entries do not fit" },
		{ "2^32 entries", 20, 4, UINT32_MAX, "do not fit" },
	};
	uint8_t bytes[CACHE_BYTES];
	struct library_cache cache;
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++) {
		make_cache(bytes);
		defect_apply(&defects[i], bytes);
		if (library_cache_parse(bytes, sizeof(bytes), &cache, &err) != -1 ||
		    !strstr(err.text, defects[i].message))
			fail_msg("%s: \"%s\"", defects[i].name, err.text);
	}
	assert_int_equal(library_cache_parse(bytes, 47, &cache, &err), -1);
	assert_int_equal(library_cache_parse(NULL, 0, &cache, &err), 0);
	assert_null(library_cache_find(&cache, "libone.so.1", ELF_X86_64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_says_what_it_needs),
		cmocka_unit_test(a_static_program_needs_nothing),
		cmocka_unit_test(damaged_headers_are_refused),
		cmocka_unit_test(a_cut_file_is_refused),
		cmocka_unit_test(this_program_is_read_too),
		cmocka_unit_test(the_cache_has_the_plain_library_of_each_machine),
		cmocka_unit_test(another_cache_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
