// SPDX-License-Identifier: Apache-2.0
/* A unified kernel image: one EFI program out of systemd's stub, a kernel, an initrd and a command
 * line. Pure.
 *
 * Spec: UAPI Group, "Unified Kernel Image" (UAPI.5), section ".osrel" and those beside it. Sections
 * are appended in the order .osrel, .cmdline, .uname (where the kernel says its release), .initrd,
 * .linux, each on a page of its own in memory; a section of the same name in the stub is refused.
 * Nothing in the result depends on anything but the arguments. It is not signed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct uki_part {
	const uint8_t *bytes; /* borrowed */
	size_t size;
};

struct uki_options {
	struct uki_part stub;       /* linuxx64.efi.stub, linuxaa64.efi.stub */
	struct uki_part kernel;     /* an EFI program too, for the same machine */
	struct uki_part initrd;     /* size 0: none */
	struct uki_part os_release; /* os-release(5) */
	const char *cmdline;        /* NULL: none; what the boot loader says counts then */
};

enum {
	UKI_CMDLINE_MAX_BYTES = 4096
}; /* the kernel cuts what is longer: COMMAND_LINE_SIZE, 2048 on
       x86 and AArch64, and more with a bootconfig */

/* Each part, and the whole. */
#define UKI_MAX_BYTES ((size_t)1 << 30)

/* The caller frees *uki. ERROR_INPUT says which part is at fault. */
int uki_build(const struct uki_options *options, uint8_t **uki, size_t *size, struct error *err)
	MUST_CHECK;

/* "x64" or "aa64", as systemd names its stubs, for the machine of an EFI kernel. */
int uki_machine(const struct uki_part *kernel, const char **name, struct error *err) MUST_CHECK;

/* 0 if this is one: an EFI program with a kernel and an initrd in it. */
int uki_check(const uint8_t *bytes, size_t size, struct error *err) MUST_CHECK;
