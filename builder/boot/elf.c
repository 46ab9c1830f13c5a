// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/elf.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "common/checked.h"
#include "common/disk.h"

struct elf_disk_header {
	uint8_t ident[EI_NIDENT];
	le16 type;
	le16 machine;
	le32 version;
	le64 entry;
	le64 program_offset;
	le64 section_offset;
	le32 flags;
	le16 header_size;
	le16 program_entry_size;
	le16 program_count;
	le16 section_entry_size;
	le16 section_count;
	le16 names_index;
};
DISK_AT(struct elf_disk_header, machine, 18);
DISK_AT(struct elf_disk_header, program_offset, 32);
DISK_AT(struct elf_disk_header, program_count, 56);
DISK_SIZE(struct elf_disk_header, 64);

struct elf_disk_program {
	le32 type;
	le32 flags;
	le64 offset;
	le64 address;
	le64 physical;
	le64 file_size;
	le64 memory_size;
	le64 alignment;
};
DISK_AT(struct elf_disk_program, offset, 8);
DISK_AT(struct elf_disk_program, file_size, 32);
DISK_SIZE(struct elf_disk_program, 56);

struct elf_disk_dynamic {
	le64 tag;
	le64 value;
};
DISK_SIZE(struct elf_disk_dynamic, 16);

/* More than any linker writes; both bound the work on a hostile file. */
enum { PROGRAMS_MAX = 256, DYNAMICS_MAX = 4096 };

struct range {
	const uint8_t *bytes;
	size_t size;
};

static bool part_of(struct range file, uint64_t offset, uint64_t size, struct range *part)
{
	if (offset > file.size || size > file.size - offset)
		return false;
	*part = (struct range){ file.bytes + offset, (size_t)size };
	return true;
}

static const char *text_at(struct range table, uint64_t offset)
{
	if (offset >= table.size || !memchr(table.bytes + offset, 0, table.size - (size_t)offset))
		return NULL;
	return (const char *)table.bytes + offset;
}

static struct elf_disk_program program_at(struct range programs, size_t i)
{
	struct elf_disk_program p;

	memcpy(&p, programs.bytes + i * sizeof(p), sizeof(p));
	return p;
}

static int read_header(struct range file, enum elf_machine *machine, struct range *programs,
		       struct error *err)
{
	struct elf_disk_header h;

	if (file.size < sizeof(h) || memcmp(file.bytes, ELFMAG, SELFMAG) != 0)
		return error_input(err, "not an ELF file");
	memcpy(&h, file.bytes, sizeof(h));
	if (h.ident[EI_CLASS] != ELFCLASS64 || h.ident[EI_DATA] != ELFDATA2LSB)
		return error_input(err, "not 64-bit little-endian ELF");
	uint16_t number = le16_get(h.machine);
	if (number != ELF_X86_64 && number != ELF_AARCH64)
		return error_input(err, "ELF for machine %u, not x86-64 or AArch64", number);
	if (le16_get(h.type) != ET_EXEC && le16_get(h.type) != ET_DYN)
		return error_input(err, "ELF of type %u, neither a program nor a shared library",
				   le16_get(h.type));
	size_t count = le16_get(h.program_count);
	if (le16_get(h.program_entry_size) != sizeof(struct elf_disk_program) || count == 0 ||
	    count > PROGRAMS_MAX)
		return error_input(err, "%zu ELF program headers of %u bytes", count,
				   le16_get(h.program_entry_size));
	if (!part_of(file, le64_get(h.program_offset), count * sizeof(struct elf_disk_program),
		     programs))
		return error_input(err, "ELF program headers past the end of the file");
	*machine = (enum elf_machine)number;
	return 0;
}

/* The dynamic section speaks in addresses; the file has bytes where a PT_LOAD says so. */
static bool address_to_table(struct range file, struct range programs, uint64_t address,
			     uint64_t size, struct range *table)
{
	for (size_t i = 0; i < programs.size / sizeof(struct elf_disk_program); i++) {
		struct elf_disk_program p = program_at(programs, i);
		uint64_t from = le64_get(p.address), offset;
		if (le32_get(p.type) != PT_LOAD || address < from ||
		    address - from > le64_get(p.file_size) ||
		    size > le64_get(p.file_size) - (address - from))
			continue;
		return add_u64(le64_get(p.offset), address - from, &offset) &&
		       part_of(file, offset, size, table);
	}
	return false;
}

static struct elf_disk_dynamic dynamic_at(struct range dynamic, size_t i)
{
	struct elf_disk_dynamic d;

	memcpy(&d, dynamic.bytes + i * sizeof(d), sizeof(d));
	return d;
}

/* How many entries there are before DT_NULL, and where the string table is. */
static int find_strings(struct range file, struct range programs, struct range dynamic,
			size_t *count, struct range *strings, struct error *err)
{
	uint64_t address = 0, size = 0;
	size_t entries = dynamic.size / sizeof(struct elf_disk_dynamic), i;

	for (i = 0; i < entries; i++) {
		struct elf_disk_dynamic d = dynamic_at(dynamic, i);
		if (le64_get(d.tag) == DT_NULL)
			break;
		if (le64_get(d.tag) == DT_STRTAB)
			address = le64_get(d.value);
		if (le64_get(d.tag) == DT_STRSZ)
			size = le64_get(d.value);
	}
	if (i > DYNAMICS_MAX)
		return error_input(err, "%zu ELF dynamic entries, at most %d", i, DYNAMICS_MAX);
	if (!address_to_table(file, programs, address, size, strings))
		return error_input(err, "ELF string table outside of the file");
	*count = i;
	return 0;
}

static int read_dynamic(struct range file, struct range programs, struct range dynamic,
			struct elf_needs *needs, struct error *err)
{
	struct range strings = { 0 };
	size_t count = 0;

	if (find_strings(file, programs, dynamic, &count, &strings, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct elf_disk_dynamic d = dynamic_at(dynamic, i);
		uint64_t tag = le64_get(d.tag);
		if (tag != DT_NEEDED && tag != DT_RPATH && tag != DT_RUNPATH)
			continue;
		const char *text = text_at(strings, le64_get(d.value));
		if (!text)
			return error_input(err, "an ELF dynamic string outside of its table");
		if (tag == DT_RPATH)
			needs->rpath = text;
		else if (tag == DT_RUNPATH)
			needs->runpath = text;
		else if (needs->needed_count == ELF_NEEDED_MAX)
			return error_input(err, "needs more than %d libraries", ELF_NEEDED_MAX);
		else
			needs->needed[needs->needed_count++] = text;
	}
	return 0;
}

static int read_interpreter(struct range part, struct elf_needs *needs, struct error *err)
{
	needs->interpreter = text_at(part, 0);
	if (!needs->interpreter || needs->interpreter[0] != '/')
		return error_input(err, "the ELF interpreter is not an absolute path");
	return 0;
}

int elf_parse(const uint8_t *bytes, size_t size, struct elf_needs *result, struct error *err)
{
	struct range file = { bytes, size }, programs = { 0 };
	struct elf_needs needs = { 0 };

	if (read_header(file, &needs.machine, &programs, err) < 0)
		return -1;
	for (size_t i = 0; i < programs.size / sizeof(struct elf_disk_program); i++) {
		struct elf_disk_program p = program_at(programs, i);
		uint32_t type = le32_get(p.type);
		struct range part;
		if (type != PT_INTERP && type != PT_DYNAMIC)
			continue;
		if (!part_of(file, le64_get(p.offset), le64_get(p.file_size), &part))
			return error_input(err, "ELF segment %zu ends past the file", i);
		if (type == PT_INTERP ? needs.interpreter != NULL : needs.needed_count != 0)
			return error_input(err, "ELF segment %zu is the second of its kind", i);
		if ((type == PT_INTERP ? read_interpreter(part, &needs, err)
				       : read_dynamic(file, programs, part, &needs, err)) < 0)
			return -1;
	}
	*result = needs;
	return 0;
}

const char *elf_machine_name(enum elf_machine machine)
{
	return machine == ELF_X86_64 ? "x86-64" : "AArch64";
}
