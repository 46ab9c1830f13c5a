// SPDX-License-Identifier: Apache-2.0
/* SNP evidence in the form of guest-components' attester: the report's fields and the certificates
 * that came with it, as JSON in which bytes are arrays of numbers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	KBS_CERTIFICATES_MAX = 16,
	KBS_CERTIFICATE_MAX_BYTES = 16384,
};

enum kbs_certificate_type {
	KBS_CERTIFICATE_OTHER, /* Empty, CRL, a vendor's: kept out of the way */
	KBS_CERTIFICATE_ARK,
	KBS_CERTIFICATE_ASK, /* and ASVK: it has no type of its own */
	KBS_CERTIFICATE_VCEK,
	KBS_CERTIFICATE_VLEK,
};

struct kbs_certificate {
	enum kbs_certificate_type type;
	uint8_t *bytes; /* DER */
	size_t size;
};

struct kbs_evidence {
	uint8_t report[SNP_REPORT_BYTES]; /* snp_report_parse() accepts it */
	struct kbs_certificate certificates[KBS_CERTIFICATES_MAX];
	size_t certificate_count;
};

/* Rebuilds the report's bytes from its fields, so a signature over them can be checked. A field
 * that no report could hold is ERROR_INPUT, and so is a certificate list that is there but empty.
 * Members that are not known are ignored, as Trustee does. */
int kbs_evidence_parse(const json_t *json, struct kbs_evidence **evidence, struct error *err)
	MUST_CHECK;
void kbs_evidence_free(struct kbs_evidence *evidence);
DEFINE_CLEANUP(cleanup_kbs_evidence_p, struct kbs_evidence, kbs_evidence_free)
#define cleanup_kbs_evidence CLEANUP(cleanup_kbs_evidence_p)

/* The JSON for a report that snp_report_parse() accepts, with `count` certificates (0: the server
 * is to find the VCEK). ERROR_INPUT as that function gives it. The caller owns *json. */
int kbs_evidence_make(const uint8_t report[SNP_REPORT_BYTES],
		      const struct kbs_certificate *certificates, size_t count, json_t **json,
		      struct error *err) MUST_CHECK;
