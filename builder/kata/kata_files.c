// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/kata_files.h"

#include <string.h>

#include "builder/kata/embedded.h"

/* The pause container's OCI config. The agent takes its process; the rest of what it runs with
 * comes from the host, through the policy. */
static const char pause_config[] =
	"{\n"
	"  \"ociVersion\": \"1.0.2\",\n"
	"  \"process\": {\n"
	"    \"terminal\": false,\n"
	"    \"user\": { \"uid\": 65535, \"gid\": 65535 },\n"
	"    \"args\": [\"/pause\"],\n"
	"    \"env\": [\"PATH=/\"],\n"
	"    \"cwd\": \"/\",\n"
	"    \"capabilities\": { \"bounding\": [], \"effective\": [], \"inheritable\": [], "
	"\"permitted\": [], \"ambient\": [] },\n"
	"    \"noNewPrivileges\": true\n"
	"  },\n"
	"  \"root\": { \"path\": \"rootfs\", \"readonly\": true },\n"
	"  \"mounts\": [],\n"
	"  \"linux\": { \"namespaces\": [{ \"type\": \"ipc\" }, { \"type\": \"mount\" }, "
	"{ \"type\": \"uts\" }] }\n"
	"}\n";

static struct kata_file text_file(const char *directory, const char *name, const char *text)
{
	return (struct kata_file){ directory, name, 0644, text, strlen(text) };
}

static struct kata_file program_file(const char *directory, const char *name,
				     const struct kata_program *program)
{
	return (struct kata_file){ directory, name, 0755, program->bytes, program->size };
}

void kata_files(const struct kata_programs *programs, struct kata_file files[KATA_FILE_COUNT])
{
	static const char units[] = "usr/lib/systemd/system";
	static const char drop_ins[] = "usr/lib/systemd/system/kata-agent.service.d";

	files[0] = program_file("usr/lib/podseal-kata", "podseal-imaged", &programs->imaged);
	files[1] = program_file("usr/lib/podseal-kata", "podseal-no-disks", &programs->no_disks);
	files[2] = text_file(units, "podseal-imaged.service", imaged_service);
	files[3] = text_file(drop_ins, "podseal.conf", agent_drop_in);
	files[4] = text_file(drop_ins, "no-disks.conf", agent_no_disks);
	files[5] = text_file("pause_bundle", "config.json", pause_config);
	files[6] = program_file("pause_bundle/rootfs", "pause", &programs->pause);
}

/* --- ELF, gABI "ELF Header" and "Program Header" ------------------------------------------------
 */

enum {
	ELF_HEADER_BYTES = 64,
	ELF_CLASS_64 = 2,
	ELF_LITTLE_ENDIAN = 1,
	ELF_PROGRAM_HEADER_BYTES = 56,
	ELF_INTERPRETER = 3, /* PT_INTERP: a dynamic program */
};

static const struct {
	const char *arch;
	uint16_t machine; /* e_machine */
} machines[] = { { "amd64", 62 }, { "arm64", 183 } };

static uint64_t number_at(const uint8_t *bytes, size_t size)
{
	uint64_t number = 0;

	for (size_t i = size; i > 0; i--)
		number = number << 8 | bytes[i - 1];
	return number;
}

static bool is_dynamic(const struct kata_program *program)
{
	uint64_t offset = number_at(program->bytes + 32, 8); /* e_phoff */
	uint64_t count = number_at(program->bytes + 56, 2);  /* e_phnum */

	for (uint64_t i = 0; i < count; i++) {
		if (offset > program->size || program->size - offset < ELF_PROGRAM_HEADER_BYTES)
			return false;
		if (number_at(program->bytes + offset, 4) == ELF_INTERPRETER)
			return true;
		offset += ELF_PROGRAM_HEADER_BYTES;
	}
	return false;
}

int kata_program_check(const struct kata_program *program, const char *arch, struct error *err)
{
	if (program->size < ELF_HEADER_BYTES || memcmp(program->bytes, "\177ELF", 4) != 0 ||
	    program->bytes[4] != ELF_CLASS_64 || program->bytes[5] != ELF_LITTLE_ENDIAN)
		return error_input(err, "not a 64-bit ELF program");
	if (is_dynamic(program))
		return error_input(err,
				   "not a static program: the base need not have its libraries");
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (strncmp(arch, machines[i].arch, strlen(machines[i].arch)) == 0 &&
		    number_at(program->bytes + 18, 2) != machines[i].machine)
			return error_input(
				err, "a program for another machine than %s: build podseal there",
				arch);
	return 0;
}
