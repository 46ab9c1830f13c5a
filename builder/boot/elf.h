// SPDX-License-Identifier: Apache-2.0
/* What a program or a shared library asks of the dynamic linker: ELF-64, little endian, x86-64 or
 * AArch64. Pure. Private to builder/boot/.
 *
 * Spec: System V ABI, generic part, "Object Files", "Program Header", "Dynamic Section". Only the
 * program headers are read, as the linker itself does; sections may be absent or lie. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { ELF_NEEDED_MAX = 64 };

/* e_machine of the two that are known */
enum elf_machine { ELF_X86_64 = 62, ELF_AARCH64 = 183 };

/* All strings lie in the bytes that were parsed and live as long as they do. */
struct elf_needs {
	enum elf_machine machine;
	const char *interpreter; /* PT_INTERP, absolute; NULL: has none (a library, or static) */
	const char *rpath;       /* DT_RPATH, as it is written; NULL: none */
	const char *runpath;     /* DT_RUNPATH, the same */
	const char *needed[ELF_NEEDED_MAX]; /* DT_NEEDED, in their order */
	size_t needed_count;
};

/* ERROR_INPUT for what is not such a file, and for one whose headers point outside of it. */
int elf_parse(const uint8_t *bytes, size_t size, struct elf_needs *needs, struct error *err)
	MUST_CHECK;

/* "x86-64", for messages. */
const char *elf_machine_name(enum elf_machine machine);
