// SPDX-License-Identifier: Apache-2.0
/* `podseal run --simulate-snp`: what the stand-in for the SNP firmware will say of a guest, and the
 * initrd that brings it along. */
#pragma once

#include <stdint.h>

#include "attest/snp_report.h"
#include "builder/boot/qemu.h"
#include "common/error.h"

struct simulate_options {
	const struct qemu_options *qemu; /* as it would be without the stand-in */
	const char *lab;                 /* folder; see laboratory.h */
	const char *modules;             /* of the kernel */
	const char *vcpu_type;           /* for a measurement of the firmware's; NULL: EPYC-v4 */
	const uint8_t *host_data;        /* SNP_HOST_DATA_BYTES */
};

struct simulation {
	uint8_t measurement[SNP_DIGEST_BYTES];
	bool of_firmware;     /* what `podseal measure --mode snp` gives, not --mode laboratory */
	char initrd_path[32]; /* of a file without a name that lives as long as this process and
			       * the program that takes its place */
};

/* Measures the launch and makes that initrd; leaves its file descriptor open for QEMU. */
int simulate(const struct simulate_options *options, struct simulation *simulation,
	     struct error *err) MUST_CHECK;
