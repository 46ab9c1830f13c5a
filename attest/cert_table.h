// SPDX-License-Identifier: Apache-2.0
/* The certificates that the host hands over beside a report. Spec: AMD GHCB 2.03, "SNP Extended
 * Guest Request", table of GUID (16 bytes), offset (le32) and length (le32), up to a GUID of zeros.
 * They are the host's word, passed on for the broker to judge. */
#pragma once

#include "attest/kbs_evidence.h"

struct cert_table {
	struct kbs_certificate certificates[KBS_CERTIFICATES_MAX]; /* borrowed */
	size_t count;
};

/* Certificates for whom there is a name in the evidence; others are passed over. Nothing at all (a
 * host without certificates) is a table of none. ERROR_INPUT: no end, a range that is not in the
 * bytes, one that is empty or too long, too many. */
int cert_table_parse(uint8_t *bytes, size_t size, struct cert_table *table, struct error *err)
	MUST_CHECK;

/* The bytes of a table, ended as it must be; certificates without a name (KBS_CERTIFICATE_OTHER)
 * have no place in it. The caller frees *bytes. */
int cert_table_encode(const struct cert_table *table, uint8_t **bytes, size_t *size,
		      struct error *err) MUST_CHECK;
