// SPDX-License-Identifier: Apache-2.0
/* The host's table of certificates; what is found lies within it. And the same bytes as the
 * firmware's answer. */
#include <stdlib.h>
#include <string.h>

#include "attest/cert_table.h"
#include "guest-init/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free uint8_t *bytes = malloc(size + 1);
	uint8_t report[SNP_REPORT_BYTES];
	struct cert_table table;
	struct error err;

	if (!bytes)
		return 0;
	if (size)
		memcpy(bytes, data, size);
	(void)!report_response_parse(data, size, report, &err);
	if (cert_table_parse(bytes, size, &table, &err) < 0)
		return 0;
	for (size_t i = 0; i < table.count; i++) {
		const struct kbs_certificate *c = &table.certificates[i];
		if (c->bytes < bytes || c->size > (size_t)(bytes + size - c->bytes))
			abort();
	}
	return 0;
}
