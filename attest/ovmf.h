// SPDX-License-Identifier: Apache-2.0
/* What OVMF firmware says about itself for an SEV launch: the table of GUIDed entries before its
 * reset vector, and the SEV metadata one of them points to.
 *
 * Spec: edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm and OvmfPkg/ResetVector/X64/
 * OvmfSevMetadata.asm. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	OVMF_MAX_BYTES = 64 << 20, /* real ones have 2 to 8 MiB */
	OVMF_SECTIONS_MAX = 64,    /* real ones have up to 7 */
};

enum ovmf_section_type {
	OVMF_SECTION_ZERO = 1, /* memory that firmware expects validated: zero pages */
	OVMF_SECTION_SECRETS = 2,
	OVMF_SECTION_CPUID = 3,
	OVMF_SECTION_SVSM_CAA = 4,
	OVMF_SECTION_KERNEL_HASHES = 0x10,
};

struct ovmf_section {
	uint32_t gpa; /* guest physical address, a page's */
	uint32_t size_bytes;
	enum ovmf_section_type type;
};

struct ovmf {
	bool has_reset_eip;
	uint32_t reset_eip;  /* where the other vCPUs start (SEV-ES reset block) */
	uint32_t hashes_gpa; /* where QEMU puts the kernel hashes; 0: it takes none */
	bool has_metadata;
	size_t section_count;
	struct ovmf_section sections[OVMF_SECTIONS_MAX];
};

/* Reads the firmware image `bytes`, which ends at 4 GiB. Without a footer table all of *ovmf is
 * zero. ERROR_INPUT: too large or small, an entry or section that reaches outside, a metadata
 * version or section type that is not known, more than 256 MiB of sections. */
int ovmf_parse(const uint8_t *bytes, size_t size, struct ovmf *ovmf, struct error *err) MUST_CHECK;
