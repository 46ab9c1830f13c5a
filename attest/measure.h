// SPDX-License-Identifier: Apache-2.0
/* The launch digest: what the firmware will have measured when QEMU starts such a guest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum {
	MEASURE_MAX_BYTES = 48,     /* of a digest: 48 for SNP, 32 for SEV and SEV-ES */
	MEASURE_VCPUS_MAX = 4096,   /* QEMU's limit for q35 */
	MEASURE_HASH_BYTES = 32,    /* SHA-256 */
	MEASURE_SNP_FEATURES = 0x1, /* SEV_FEATURES that QEMU sets unless told more: SNP active */
};

enum measure_mode { MEASURE_SNP, MEASURE_SEV, MEASURE_SEV_ES };

/* SHA-256 of what QEMU hands over by `-kernel`, `-initrd` and `-append` (kernel-hashes=on). */
struct measure_kernel {
	uint8_t kernel[MEASURE_HASH_BYTES];  /* the file */
	uint8_t initrd[MEASURE_HASH_BYTES];  /* the file; of nothing where there is none */
	uint8_t cmdline[MEASURE_HASH_BYTES]; /* see measure_cmdline() */
};

struct measure_launch {
	enum measure_mode mode;
	const uint8_t *firmware; /* a whole OVMF image */
	size_t firmware_size;
	const struct measure_kernel *kernel; /* NULL: no kernel hashes */
	unsigned vcpus;                      /* 1..MEASURE_VCPUS_MAX; SEV does not measure them */
	uint32_t vcpu_signature;             /* see measure_vcpu_type() */
	uint64_t guest_features;             /* SEV_FEATURES; for SNP alone */
};

/* The hash of a command line as QEMU takes it, with the NUL at its end. */
void measure_cmdline(const char *cmdline, uint8_t hash[MEASURE_HASH_BYTES]);

/* CPUID signature of a QEMU CPU model ("EPYC-v4", "EPYC-Milan", ...). ERROR_USAGE lists them all.
 */
int measure_vcpu_type(const char *name, uint32_t *signature, struct error *err) MUST_CHECK;

/* Writes the digest and its size. SNP: 56860, "SNP_LAUNCH_UPDATE" and "PAGE_INFO"; SEV and SEV-ES:
 * AMD 55766, "LAUNCH_MEASURE". ERROR_INPUT says why this firmware cannot be launched so: it has no
 * SEV metadata (SNP), takes no kernel hashes, or gives no start for further vCPUs. */
int measure_launch(const struct measure_launch *launch, uint8_t digest[MEASURE_MAX_BYTES],
		   size_t *size, struct error *err) MUST_CHECK;
