// SPDX-License-Identifier: Apache-2.0
/* A policy that is accepted reads back the same from what is written of it. */
#include <assert.h>
#include <string.h>

#include "attest/snp_policy.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_snp_policy struct snp_policy *policy = NULL, *again = NULL;
	cleanup_json json_t *json = NULL;
	struct snp_report report = { 0 };
	struct error err;

	if (snp_policy_parse(data, size, &policy, &err) < 0)
		return 0;
	assert(snp_policy_check(policy, &report, SNP_MILAN, NULL, &err) < 0); /* bit 17 is 0 */
	assert(snp_policy_json(policy, &json, &err) == 0);
	cleanup_free char *text = json_dumps(json, 0);
	assert(text && snp_policy_parse((const uint8_t *)text, strlen(text), &again, &err) == 0);
	assert(again->measurement_count == policy->measurement_count &&
	       again->products == policy->products && again->vmpl == policy->vmpl);
	return 0;
}
