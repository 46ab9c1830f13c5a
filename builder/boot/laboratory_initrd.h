// SPDX-License-Identifier: Apache-2.0
/* A second archive behind an initrd, with which a test guest has a stand-in for /dev/sev-guest: see
 * laboratory/laboratory.h. The initrd itself stays as it is, byte for byte. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Kernel parameter with which the archive's program comes first. */
#define LABORATORY_INITRD_PARAMETER "rdinit=/laboratory/init"

struct laboratory_initrd_options {
	const char *initrd;  /* the initrd to put it behind */
	const char *program; /* path of podseal-laboratory */
	const char *modules; /* .../lib/modules/VERSION of the guest's kernel */
	const uint8_t *report;
	size_t report_size;
	const uint8_t *key; /* of the VCEK, PEM */
	size_t key_size;
	const uint8_t *certificates;
	size_t certificates_size;
};

/* The caller frees *initrd. ERROR_INPUT: a file that is not there, or a kernel without CUSE. */
int laboratory_initrd_build(const struct laboratory_initrd_options *options, uint8_t **initrd,
			    size_t *size, struct error *err) MUST_CHECK;
