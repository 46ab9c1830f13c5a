// SPDX-License-Identifier: Apache-2.0
/* A report that is accepted is the one encoding of its fields, and can be shown. */
#include <assert.h>
#include <string.h>

#include "attest/snp_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[SNP_REPORT_BYTES];
	struct snp_report report;
	struct error err;

	if (snp_report_parse(data, size, &report, &err) < 0)
		return 0;
	snp_report_encode(&report, again);
	assert(memcmp(again, data, size) == 0);
	json_t *json = snp_report_json(&report);
	assert(json);
	json_decref(json);
	return 0;
}
