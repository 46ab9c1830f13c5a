// SPDX-License-Identifier: Apache-2.0
/* The headers of a PE32+ file (EFI programs). Pure. Private to builder/boot/.
 *
 * Spec: Microsoft, "PE Format", sections "MS-DOS Stub", "COFF File Header", "Optional Header",
 * "Section Table". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	PE_SECTIONS_MAX = 96, /* "Section Table": the loader's limit */
	PE_NAME_BYTES = 8,
	PE_SECTION_HEADER_BYTES = 40,

	PE_MACHINE_X86_64 = 0x8664,
	PE_MACHINE_AARCH64 = 0xaa64,

	/* section characteristics */
	PE_SECTION_CODE = 0x20,
	PE_SECTION_INITIALIZED = 0x40,
	PE_SECTION_EXECUTE = 0x20000000,
	PE_SECTION_READ = 0x40000000,
};

struct pe_section {
	char name[PE_NAME_BYTES + 1];
	uint32_t virtual_bytes, virtual_address;
	uint32_t raw_bytes, raw_offset; /* in the file; 0 and 0 for one of zeros */
	uint32_t characteristics;
};

/* Bytes of memory that it takes: VirtualSize, where 0 means the file's. */
static inline uint32_t pe_section_memory(const struct pe_section *s)
{
	return s->virtual_bytes ? s->virtual_bytes : s->raw_bytes;
}

struct pe {
	uint16_t machine;
	uint32_t headers_offset; /* of the "PE\0\0" signature */
	uint32_t table_offset;   /* of the section table */
	uint32_t section_alignment, file_alignment;
	uint32_t headers_bytes, image_bytes;
	uint32_t certificates_bytes; /* of the attribute certificate table: 0 if not signed */
	size_t section_count;
	struct pe_section sections[PE_SECTIONS_MAX];
};

/* ERROR_INPUT for what is not PE32+ for x86-64 or AArch64, and where headers or sections lie
 * outside of the file or on each other. */
int pe_parse(const uint8_t *bytes, size_t size, struct pe *pe, struct error *err) MUST_CHECK;

/* Adds to the headers in `bytes`, of a file that pe_parse() took: `count` sections, which its
 * caller put into the file behind the others and in memory behind them, and drops the COFF symbol
 * table. The caller made sure that the table has room: pe_sections_room(). */
void pe_append_sections(uint8_t *bytes, const struct pe *pe, const struct pe_section *sections,
			size_t count);

/* How many more section headers fit before the first section's bytes. */
size_t pe_sections_room(const struct pe *pe);

/* Sets CheckSum ("Optional Header Windows-Specific Fields"; the sum of 16-bit words with carry,
 * plus the length) of the whole file. */
void pe_set_checksum(uint8_t *bytes, size_t size, const struct pe *pe);
