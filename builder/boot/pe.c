// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/pe.h"

#include <stdbool.h>
#include <string.h>

#include "common/checked.h"
#include "common/disk.h"

struct pe_disk_dos {
	uint8_t magic[2]; /* "MZ" */
	uint8_t ignored[58];
	le32 headers_offset;
};
DISK_AT(struct pe_disk_dos, headers_offset, 60);
DISK_SIZE(struct pe_disk_dos, 64);

struct pe_disk_headers {
	uint8_t signature[4]; /* "PE\0\0" */
	/* COFF File Header */
	le16 machine;
	le16 section_count;
	le32 timestamp;
	le32 symbols_offset;
	le32 symbols_count;
	le16 optional_bytes;
	le16 characteristics;
	/* Optional Header, PE32+ */
	le16 magic;
	uint8_t linker_version[2];
	le32 code_bytes;
	le32 initialized_bytes;
	le32 uninitialized_bytes;
	le32 entry;
	le32 code_base;
	le64 image_base;
	le32 section_alignment;
	le32 file_alignment;
	le16 versions[6];
	le32 win32_version;
	le32 image_bytes;
	le32 headers_bytes;
	le32 checksum;
	le16 subsystem;
	le16 dll_characteristics;
	le64 stack_and_heap[4];
	le32 loader_flags;
	le32 directories_count;
};
DISK_AT(struct pe_disk_headers, optional_bytes, 20);
DISK_AT(struct pe_disk_headers, section_alignment, 24 + 32);
DISK_AT(struct pe_disk_headers, checksum, 24 + 64);
DISK_SIZE(struct pe_disk_headers, 24 + 112);

struct pe_disk_directory {
	le32 address;
	le32 bytes;
};
DISK_SIZE(struct pe_disk_directory, 8);

struct pe_disk_section {
	char name[PE_NAME_BYTES];
	le32 virtual_bytes;
	le32 virtual_address;
	le32 raw_bytes;
	le32 raw_offset;
	le32 relocations_offset;
	le32 lines_offset;
	le16 relocations_count;
	le16 lines_count;
	le32 characteristics;
};
DISK_SIZE(struct pe_disk_section, PE_SECTION_HEADER_BYTES);

enum {
	MAGIC_PE32_PLUS = 0x20b,
	DIRECTORIES_MAX = 16,
	DIRECTORY_CERTIFICATES = 4,
	COFF_BYTES = 24, /* signature and COFF File Header */
};

static bool power_of_2(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static int check_headers(const struct pe_disk_headers *h, size_t file_size, const struct pe *pe,
			 struct error *err)
{
	uint64_t table_bytes = pe->section_count * sizeof(struct pe_disk_section);

	if (memcmp(h->signature, "PE\0", sizeof(h->signature)) != 0 ||
	    le16_get(h->magic) != MAGIC_PE32_PLUS)
		return error_input(err, "not a PE32+ file");
	if (pe->machine != PE_MACHINE_X86_64 && pe->machine != PE_MACHINE_AARCH64)
		return error_input(err, "PE for machine %#x, not x86-64 or AArch64", pe->machine);
	if (pe->section_count == 0 || pe->section_count > PE_SECTIONS_MAX)
		return error_input(err, "%zu PE sections, from 1 to %d", pe->section_count,
				   PE_SECTIONS_MAX);
	if (!power_of_2(pe->section_alignment) || !power_of_2(pe->file_alignment) ||
	    pe->file_alignment > 65536)
		return error_input(err, "PE alignments %u and %u are not powers of 2",
				   pe->section_alignment, pe->file_alignment);
	if (pe->headers_bytes > file_size || pe->table_offset + table_bytes > pe->headers_bytes)
		return error_input(err, "PE headers of %u bytes do not hold the section table",
				   pe->headers_bytes);
	return 0;
}

static int read_directories(const uint8_t *bytes, const struct pe_disk_headers *h, struct pe *pe,
			    struct error *err)
{
	uint32_t count = le32_get(h->directories_count);
	struct pe_disk_directory certificates;

	if (count > DIRECTORIES_MAX ||
	    sizeof(*h) - COFF_BYTES + count * sizeof(struct pe_disk_directory) >
		    le16_get(h->optional_bytes))
		return error_input(err, "%u PE data directories do not fit their header", count);
	if (count <= DIRECTORY_CERTIFICATES)
		return 0;
	memcpy(&certificates,
	       bytes + pe->headers_offset + sizeof(*h) +
		       DIRECTORY_CERTIFICATES * sizeof(certificates),
	       sizeof(certificates));
	pe->certificates_bytes = le32_get(certificates.bytes);
	return 0;
}

static int read_headers(const uint8_t *bytes, size_t size, struct pe *pe, struct error *err)
{
	struct pe_disk_dos dos;
	struct pe_disk_headers h;

	if (size < sizeof(dos) || memcmp(bytes, "MZ", 2) != 0)
		return error_input(err, "not a PE file");
	memcpy(&dos, bytes, sizeof(dos));
	uint64_t at = le32_get(dos.headers_offset);
	if (at > size || size - at < sizeof(h))
		return error_input(err, "the PE header is past the end of the file");
	memcpy(&h, bytes + at, sizeof(h));
	uint64_t table = at + COFF_BYTES + le16_get(h.optional_bytes);
	if (table > UINT32_MAX)
		return error_input(err, "the PE header is past the end of the file");
	pe->headers_offset = (uint32_t)at;
	pe->table_offset = (uint32_t)table;
	pe->machine = le16_get(h.machine);
	pe->section_count = le16_get(h.section_count);
	pe->section_alignment = le32_get(h.section_alignment);
	pe->file_alignment = le32_get(h.file_alignment);
	pe->headers_bytes = le32_get(h.headers_bytes);
	pe->image_bytes = le32_get(h.image_bytes);
	if (check_headers(&h, size, pe, err) < 0)
		return -1;
	return read_directories(bytes, &h, pe, err);
}

/* "Section Table": sections ascend in memory. In the file they may lie in any order. */
static int check_section(const struct pe *pe, size_t i, size_t file_size, struct error *err)
{
	const struct pe_section *s = &pe->sections[i];
	uint64_t previous = pe->headers_bytes;

	if (i > 0)
		previous = (uint64_t)s[-1].virtual_address + pe_section_memory(&s[-1]);
	if (s->virtual_address < previous)
		return error_input(err, "PE section %s at %#x lies on what ends at %#llx", s->name,
				   s->virtual_address, (unsigned long long)previous);
	if ((uint64_t)s->virtual_address + pe_section_memory(s) > UINT32_MAX)
		return error_input(err, "PE section %s ends past 4 GiB", s->name);
	if (s->raw_bytes == 0)
		return 0;
	uint64_t end = (uint64_t)s->raw_offset + s->raw_bytes;
	if (s->raw_offset < pe->headers_bytes || end > file_size)
		return error_input(err, "PE section %s lies outside of the file's %zu bytes",
				   s->name, file_size);
	for (size_t k = 0; k < i; k++) {
		const struct pe_section *other = &pe->sections[k];
		if (other->raw_bytes &&
		    s->raw_offset < (uint64_t)other->raw_offset + other->raw_bytes &&
		    other->raw_offset < end)
			return error_input(err, "PE sections %s and %s share bytes of the file",
					   other->name, s->name);
	}
	return 0;
}

int pe_parse(const uint8_t *bytes, size_t size, struct pe *result, struct error *err)
{
	struct pe pe = { 0 };

	if (read_headers(bytes, size, &pe, err) < 0)
		return -1;
	for (size_t i = 0; i < pe.section_count; i++) {
		struct pe_disk_section d;
		struct pe_section *s = &pe.sections[i];
		memcpy(&d, bytes + pe.table_offset + i * sizeof(d), sizeof(d));
		memcpy(s->name, d.name, sizeof(d.name));
		s->virtual_bytes = le32_get(d.virtual_bytes);
		s->virtual_address = le32_get(d.virtual_address);
		s->raw_bytes = le32_get(d.raw_bytes);
		s->raw_offset = le32_get(d.raw_offset);
		s->characteristics = le32_get(d.characteristics);
		if (check_section(&pe, i, size, err) < 0)
			return -1;
	}
	*result = pe;
	return 0;
}

size_t pe_sections_room(const struct pe *pe)
{
	uint64_t end = pe->table_offset + pe->section_count * sizeof(struct pe_disk_section);
	size_t room = (size_t)(pe->headers_bytes - end) / sizeof(struct pe_disk_section);

	return room < PE_SECTIONS_MAX - pe->section_count ? room
							  : PE_SECTIONS_MAX - pe->section_count;
}

void pe_append_sections(uint8_t *bytes, const struct pe *pe, const struct pe_section *sections,
			size_t count)
{
	struct pe_disk_headers h;

	memcpy(&h, bytes + pe->headers_offset, sizeof(h));
	h.section_count = le16_put((uint16_t)(pe->section_count + count));
	h.symbols_offset = le32_put(0);
	h.symbols_count = le32_put(0);
	for (size_t i = 0; i < count; i++) {
		const struct pe_section *s = &sections[i];
		struct pe_disk_section d = {
			.virtual_bytes = le32_put(s->virtual_bytes),
			.virtual_address = le32_put(s->virtual_address),
			.raw_bytes = le32_put(s->raw_bytes),
			.raw_offset = le32_put(s->raw_offset),
			.characteristics = le32_put(s->characteristics),
		};
		memcpy(d.name, s->name, strnlen(s->name, sizeof(d.name)));
		memcpy(bytes + pe->table_offset + (pe->section_count + i) * sizeof(d), &d,
		       sizeof(d));
		le32 *total =
			s->characteristics & PE_SECTION_CODE ? &h.code_bytes : &h.initialized_bytes;
		*total = le32_put(le32_get(*total) + s->raw_bytes);
		uint32_t mask = pe->section_alignment - 1;
		h.image_bytes = le32_put((s->virtual_address + s->virtual_bytes + mask) & ~mask);
	}
	memcpy(bytes + pe->headers_offset, &h, sizeof(h));
}

void pe_set_checksum(uint8_t *bytes, size_t size, const struct pe *pe)
{
	size_t at = pe->headers_offset + offsetof(struct pe_disk_headers, checksum);
	uint64_t sum = 0;

	memset(bytes + at, 0, sizeof(le32));
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint64_t)bytes[i] | (uint64_t)bytes[i + 1] << 8;
	if (size % 2)
		sum += bytes[size - 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	le32 checksum = le32_put((uint32_t)(sum + size));
	memcpy(bytes + at, &checksum, sizeof(checksum));
}
