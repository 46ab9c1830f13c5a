// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/uki.h"

#include <stdbool.h>
#include <string.h>

#include "builder/boot/linux_image.h"
#include "builder/boot/pe.h"
#include "common/checked.h"
#include "common/cleanup.h"

enum { PARTS_MAX = 5, PAGE_BYTES = 4096 };

struct plan {
	struct pe stub;
	size_t stub_end; /* of its last section's bytes: symbols and padding after it are dropped */
	struct uki_part parts[PARTS_MAX];
	struct pe_section sections[PARTS_MAX];
	size_t count;
	size_t file_bytes;
};

static int check_stub(struct plan *plan, const struct uki_part *stub, struct error *err)
{
	struct pe *pe = &plan->stub;

	if (pe_parse(stub->bytes, stub->size, pe, err) < 0)
		return -1;
	/* a signature over the stub alone would be void, and stand where sections go */
	if (pe->certificates_bytes)
		return error_input(err, "is signed; the unsigned stub is wanted");
	plan->stub_end = pe->headers_bytes;
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *s = &pe->sections[i];
		/* a long name lies in the string table, which goes with the symbols */
		if (s->name[0] == '/')
			return error_input(err, "section %zu has a long name", i + 1);
		size_t end = (size_t)s->raw_offset + s->raw_bytes;
		if (s->raw_bytes && end > plan->stub_end)
			plan->stub_end = end;
	}
	plan->file_bytes = plan->stub_end;
	return 0;
}

static int plan_section(struct plan *plan, const char *name, const void *bytes, size_t size,
			uint32_t characteristics, struct error *err)
{
	const struct pe *pe = &plan->stub;
	const struct pe_section *last = plan->count ? &plan->sections[plan->count - 1]
						    : &pe->sections[pe->section_count - 1];
	uint32_t page = pe->section_alignment > PAGE_BYTES ? pe->section_alignment : PAGE_BYTES;
	uint64_t address, offset, raw;

	for (size_t i = 0; i < pe->section_count; i++)
		if (strcmp(pe->sections[i].name, name) == 0)
			return error_input(err, "the stub has a section %s already", name);
	if (plan->count == pe_sections_room(pe))
		return error_input(err, "the stub's headers have no room for the section %s", name);
	if (size > UKI_MAX_BYTES)
		return error_input(err, "section %s of %zu bytes, at most %zu", name, size,
				   UKI_MAX_BYTES);
	/* no sum can overflow: 32-bit numbers in 64 */
	if (!round_up_u64((uint64_t)last->virtual_address + pe_section_memory(last), page,
			  &address) ||
	    !round_up_u64(plan->file_bytes, pe->file_alignment, &offset) ||
	    !round_up_u64(size, pe->file_alignment, &raw) || address + size > INT32_MAX ||
	    offset + raw > UKI_MAX_BYTES)
		return error_input(err, "section %s would end past %zu bytes", name, UKI_MAX_BYTES);
	struct pe_section *s = &plan->sections[plan->count];
	*s = (struct pe_section){ .virtual_bytes = (uint32_t)size,
				  .virtual_address = (uint32_t)address,
				  .raw_bytes = (uint32_t)raw,
				  .raw_offset = (uint32_t)offset,
				  .characteristics = characteristics };
	memcpy(s->name, name, strlen(name));
	plan->parts[plan->count++] = (struct uki_part){ bytes, size };
	plan->file_bytes = (size_t)(offset + raw);
	return 0;
}

static int check_cmdline(const char *cmdline, struct error *err)
{
	size_t length = strlen(cmdline);

	if (length > UKI_CMDLINE_MAX_BYTES)
		return error_input(err, "command line of %zu bytes, at most %d", length,
				   UKI_CMDLINE_MAX_BYTES);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)cmdline[i] < ' ' || cmdline[i] == 0x7f)
			return error_input(err, "a control character in the command line");
	return 0;
}

static int check_kernel(const struct uki_options *o, const struct pe *stub, struct error *err)
{
	struct pe kernel;

	if (pe_parse(o->kernel.bytes, o->kernel.size, &kernel, err) < 0)
		return error_prefix(err, "the kernel is not an EFI program");
	if (kernel.machine != stub->machine)
		return error_input(err, "the kernel is for machine %#x and the stub for %#x",
				   kernel.machine, stub->machine);
	return 0;
}

static int plan_sections(struct plan *plan, const struct uki_options *o, const char *release,
			 struct error *err)
{
	const uint32_t data = PE_SECTION_INITIALIZED | PE_SECTION_READ;
	/* as ukify has it, for stubs that enter the kernel where it lies */
	const uint32_t code = PE_SECTION_CODE | PE_SECTION_EXECUTE | PE_SECTION_READ;

	if (plan_section(plan, ".osrel", o->os_release.bytes, o->os_release.size, data, err) < 0)
		return -1;
	if (o->cmdline &&
	    plan_section(plan, ".cmdline", o->cmdline, strlen(o->cmdline), data, err) < 0)
		return -1;
	if (release[0] && plan_section(plan, ".uname", release, strlen(release), data, err) < 0)
		return -1;
	if (o->initrd.size &&
	    plan_section(plan, ".initrd", o->initrd.bytes, o->initrd.size, data, err) < 0)
		return -1;
	return plan_section(plan, ".linux", o->kernel.bytes, o->kernel.size, code, err);
}

int uki_build(const struct uki_options *o, uint8_t **uki, size_t *size, struct error *err)
{
	char release[LINUX_RELEASE_BYTES];
	struct plan plan = { 0 };

	if (check_stub(&plan, &o->stub, err) < 0)
		return error_prefix(err, "the stub");
	if ((o->cmdline && check_cmdline(o->cmdline, err) < 0) ||
	    check_kernel(o, &plan.stub, err) < 0 ||
	    linux_image_release(o->kernel.bytes, o->kernel.size, release, err) < 0 ||
	    plan_sections(&plan, o, release, err) < 0)
		return -1;
	uint8_t *bytes = calloc(1, plan.file_bytes);
	if (!bytes)
		return error_memory(err);
	memcpy(bytes, o->stub.bytes, plan.stub_end);
	pe_append_sections(bytes, &plan.stub, plan.sections, plan.count);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.parts[i].size)
			memcpy(bytes + plan.sections[i].raw_offset, plan.parts[i].bytes,
			       plan.parts[i].size);
	pe_set_checksum(bytes, plan.file_bytes, &plan.stub);
	*uki = bytes;
	*size = plan.file_bytes;
	return 0;
}

int uki_machine(const struct uki_part *kernel, const char **name, struct error *err)
{
	struct pe pe;

	if (pe_parse(kernel->bytes, kernel->size, &pe, err) < 0)
		return -1;
	*name = pe.machine == PE_MACHINE_X86_64 ? "x64" : "aa64";
	return 0;
}

int uki_check(const uint8_t *bytes, size_t size, struct error *err)
{
	struct pe pe;
	bool has_kernel = false, has_initrd = false;

	if (pe_parse(bytes, size, &pe, err) < 0)
		return -1;
	for (size_t i = 0; i < pe.section_count; i++) {
		has_kernel |= strcmp(pe.sections[i].name, ".linux") == 0;
		has_initrd |= strcmp(pe.sections[i].name, ".initrd") == 0;
	}
	if (!has_kernel || !has_initrd)
		return error_input(err, "is no unified kernel image: it has no section %s",
				   has_kernel ? ".initrd" : ".linux");
	return 0;
}
