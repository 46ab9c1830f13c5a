// SPDX-License-Identifier: Apache-2.0
/* Small files for the tests of builder/boot/, made by hand so that each byte of them can be bent.
 */
#pragma once

#include <stdint.h>
#include <string.h>

static inline void put16(uint8_t *at, uint16_t n)
{
	at[0] = (uint8_t)n;
	at[1] = (uint8_t)(n >> 8);
}

static inline void put32(uint8_t *at, uint32_t n)
{
	put16(at, (uint16_t)n);
	put16(at + 2, (uint16_t)(n >> 16));
}

static inline void put64(uint8_t *at, uint64_t n)
{
	put32(at, (uint32_t)n);
	put32(at + 4, (uint32_t)(n >> 32));
}

/* A PE32+ file of 0x600 bytes: headers of 0x400 with two sections, room for 12 more, then their
 * bytes, then 16 bytes that belong to no section. */
enum {
	PE_AT = 0x80,
	PE_OPTIONAL_AT = PE_AT + 24,
	PE_DIRECTORIES_AT = PE_OPTIONAL_AT + 112,
	PE_TABLE_AT = PE_OPTIONAL_AT + 240,
	PE_SPECIMEN_BYTES = 0x810,
};

static inline void pe_specimen_section(uint8_t *at, const char *name, uint32_t address,
				       uint32_t bytes, uint32_t offset, uint32_t raw)
{
	memcpy(at, name, strlen(name));
	put32(at + 8, bytes);
	put32(at + 12, address);
	put32(at + 16, raw);
	put32(at + 20, offset);
	put32(at + 36, 0x40000040);
}

static inline void pe_specimen(uint8_t file[PE_SPECIMEN_BYTES])
{
	memset(file, 0, PE_SPECIMEN_BYTES);
	memcpy(file, "MZ", 2);
	put32(file + 60, PE_AT);
	memcpy(file + PE_AT, "PE\0", 4);
	put16(file + PE_AT + 4, 0x8664);
	put16(file + PE_AT + 6, 2);
	put32(file + PE_AT + 12, 0x800); /* symbols */
	put32(file + PE_AT + 16, 1);
	put16(file + PE_AT + 20, 240);
	put16(file + PE_OPTIONAL_AT, 0x20b);
	put32(file + PE_OPTIONAL_AT + 8, 0x200);  /* initialized data */
	put32(file + PE_OPTIONAL_AT + 32, 0x200); /* section alignment */
	put32(file + PE_OPTIONAL_AT + 36, 0x200);
	put32(file + PE_OPTIONAL_AT + 56, 0x2200); /* image */
	put32(file + PE_OPTIONAL_AT + 60, 0x400);  /* headers */
	put32(file + PE_OPTIONAL_AT + 108, 16);
	pe_specimen_section(file + PE_TABLE_AT, ".text", 0x1000, 0x1f0, 0x400, 0x200);
	pe_specimen_section(file + PE_TABLE_AT + 40, ".data", 0x2000, 0x10, 0x600, 0x200);
	memset(file + 0x400, 0x11, 0x200);
	memset(file + 0x600, 0x22, 0x200);
	memset(file + 0x800, 0x33, 0x10);
}

/* A shared library of 0x400 bytes: PT_LOAD of all of it at address 0x10000, PT_INTERP at 0x200,
 * PT_DYNAMIC at 0x240, strings at 0x300. */
enum {
	ELF_PROGRAMS_AT = 64,
	ELF_DYNAMIC_AT = 0x240,
	ELF_STRINGS_AT = 0x300,
	ELF_STRINGS_BYTES = 55,
	ELF_SPECIMEN_BYTES = 0x400,
	ELF_ADDRESS = 0x10000,
};

static inline void elf_specimen_program(uint8_t *at, uint32_t type, uint64_t offset, uint64_t size)
{
	put32(at, type);
	put64(at + 8, offset);
	put64(at + 16, ELF_ADDRESS + offset);
	put64(at + 32, size);
	put64(at + 40, size);
}

static inline void elf_specimen(uint8_t file[ELF_SPECIMEN_BYTES])
{
	static const char strings[ELF_STRINGS_BYTES] =
		"\0libone.so.1\0libtwo.so.2\0$ORIGIN/../lib:/opt/lib\0/old";
	static const uint64_t dynamic[][2] = { { 1, 1 },
					       { 1, 13 },
					       { 29, 25 },
					       { 15, 49 },
					       { 5, ELF_ADDRESS + ELF_STRINGS_AT },
					       { 10, sizeof(strings) },
					       { 0, 0 },
					       { 1, 9999 } };

	memset(file, 0, ELF_SPECIMEN_BYTES);
	memcpy(file, "\177ELF\2\1\1", 7);
	put16(file + 16, 3);
	put16(file + 18, 62);
	put64(file + 32, ELF_PROGRAMS_AT);
	put16(file + 54, 56);
	put16(file + 56, 3);
	elf_specimen_program(file + ELF_PROGRAMS_AT, 1, 0, ELF_SPECIMEN_BYTES);
	elf_specimen_program(file + ELF_PROGRAMS_AT + 56, 3, 0x200, 11);
	elf_specimen_program(file + ELF_PROGRAMS_AT + 112, 2, ELF_DYNAMIC_AT, sizeof(dynamic));
	memcpy(file + 0x200, "/lib/ld.so", 11);
	for (size_t i = 0; i < sizeof(dynamic) / sizeof(dynamic[0]); i++) {
		put64(file + ELF_DYNAMIC_AT + 16 * i, dynamic[i][0]);
		put64(file + ELF_DYNAMIC_AT + 16 * i + 8, dynamic[i][1]);
	}
	memcpy(file + ELF_STRINGS_AT, strings, sizeof(strings));
}

/* A bent field: `bytes` little-endian bytes of `value` at `at`, and a part of what is then said. */
struct defect {
	const char *name;
	size_t at;
	unsigned bytes;
	uint64_t value;
	const char *message;
};

static inline void defect_apply(const struct defect *d, uint8_t *file)
{
	for (unsigned i = 0; i < d->bytes; i++)
		file[d->at + i] = (uint8_t)(d->value >> (8 * i));
}
