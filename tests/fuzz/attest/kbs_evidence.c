// SPDX-License-Identifier: Apache-2.0
/* Evidence that is accepted holds a report that can be made into evidence again. */
#include <assert.h>
#include <string.h>

#include "attest/kbs_evidence.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_kbs_evidence struct kbs_evidence *evidence = NULL, *again = NULL;
	cleanup_json json_t *json = NULL, *made = NULL;
	struct error err;

	if (json_parse(data, size, 1 << 20, &json, &err) < 0 ||
	    kbs_evidence_parse(json, &evidence, &err) < 0)
		return 0;
	assert(kbs_evidence_make(evidence->report, evidence->certificates,
				 evidence->certificate_count, &made, &err) == 0);
	assert(kbs_evidence_parse(made, &again, &err) == 0);
	assert(memcmp(again->report, evidence->report, sizeof(again->report)) == 0);
	return 0;
}
