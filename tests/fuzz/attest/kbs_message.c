// SPDX-License-Identifier: Apache-2.0
/* Every message of the key-broker protocol that either end reads. */
#include "attest/kbs_jwe.h"
#include "attest/kbs_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_kbs_attestation struct kbs_attestation attestation = { 0 };
	cleanup_free char *token = NULL;
	uint8_t report_data[SNP_REPORT_DATA_BYTES];
	struct kbs_challenge challenge;
	struct kbs_request request;
	struct kbs_error error;
	struct error err;

	(void)!kbs_request_parse(data, size, &request, &err);
	(void)!kbs_challenge_parse(data, size, &challenge, &err);
	(void)!kbs_token_parse(data, size, &token, &err);
	(void)!kbs_error_parse(data, size, &error, &err);
	if (kbs_attestation_parse(data, size, &attestation, &err) < 0)
		return 0;
	if (attestation.init_data)
		(void)!kbs_init_data_algorithm(attestation.init_data, &challenge.hash, &err);
	(void)!kbs_key_check(attestation.tee_public_key, &err);
	(void)!kbs_report_data(attestation.nonce, attestation.tee_public_key,
			       attestation.additional_evidence, KBS_SHA384, report_data, &err);
	return 0;
}
