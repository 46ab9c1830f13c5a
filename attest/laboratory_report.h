// SPDX-License-Identifier: Apache-2.0
/* What a stand-in for the SNP firmware says of a guest: a report to be signed by a laboratory's
 * VCEK (laboratory.h), and a measurement for launches that no firmware measures. */
#pragma once

#include "attest/measure.h"
#include "attest/snp_report.h"
#include "common/error.h"

/* The laboratory measurement: SHA-384 of "podseal laboratory measurement 1", a NUL, and the three
 * hashes in their order, kernel, initrd, command line. docs/guest.md, "Without SEV hardware". */
int laboratory_measure(const struct measure_kernel *kernel, uint8_t measurement[SNP_DIGEST_BYTES],
		       struct error *err) MUST_CHECK;

/* A version 3 report of the chip and firmware that the certificate `vcek` (DER or PEM) was made
 * for, with the usual guest policy, at VMPL 0; REPORT_DATA and the signature are zero.
 * ERROR_INPUT: no such certificate. */
int laboratory_report(const uint8_t *vcek, size_t size, const uint8_t measurement[SNP_DIGEST_BYTES],
		      const uint8_t host_data[SNP_HOST_DATA_BYTES],
		      uint8_t report[SNP_REPORT_BYTES], struct error *err) MUST_CHECK;

/* The host's table of certificates (cert_table.h) from three PEM texts. The caller frees *table. */
int laboratory_certificates(const char *ark, const char *ask, const char *vcek, uint8_t **table,
			    size_t *size, struct error *err) MUST_CHECK;
