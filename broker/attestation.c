// SPDX-License-Identifier: Apache-2.0
#include "broker/attestation.h"

#include <string.h>

#include "attest/kbs_jwe.h"
#include "attest/report_data.h"
#include "common/hex.h"

static int nonce_check(const struct kbs_attestation *a, const uint8_t nonce[KBS_NONCE_BYTES],
		       struct error *err)
{
	cleanup_free char *wanted = base64_encode(nonce, KBS_NONCE_BYTES);

	if (!wanted)
		return error_memory(err);
	return strcmp(a->nonce, wanted) ? error_mismatch(err, "the nonce is not this session's")
					: 0;
}

/* The guest of the report made this key, for this session. */
static int binding_check(const struct kbs_attestation *a, const struct snp_report *report,
			 struct error *err)
{
	uint8_t wanted[SNP_REPORT_DATA_BYTES];

	if (kbs_report_data(a->nonce, a->tee_public_key, a->additional_evidence, KBS_SHA384, wanted,
			    err) < 0)
		return -1;
	if (memcmp(wanted, report->report_data, sizeof(wanted)) != 0)
		return error_mismatch(err, "Report Data Mismatch: REPORT_DATA does not bind this "
					   "key and nonce");
	return 0;
}

static int init_data_check(const struct kbs_attestation *a, const struct snp_report *report,
			   struct error *err)
{
	uint8_t wanted[SNP_HOST_DATA_BYTES];
	enum kbs_hash hash;

	if (!a->init_data)
		return 0;
	if (strlen(a->init_data) != a->init_data_bytes)
		return error_input(err, "initdata has a NUL in it");
	if (kbs_init_data_algorithm(a->init_data, &hash, err) < 0)
		return -1;
	kbs_host_data(a->init_data, a->init_data_bytes, hash, wanted);
	if (memcmp(wanted, report->host_data, sizeof(wanted)) != 0)
		return error_mismatch(err, "HOST_DATA is not the digest of the initdata");
	return 0;
}

static int report_judge(struct certificates *certificates, const struct kbs_attestation *a,
			time_t now, struct session_evidence *evidence, struct error *err)
{
	cleanup_kbs_evidence struct kbs_evidence *parsed = NULL;
	cleanup_snp_vek struct snp_vek *vek = NULL;
	struct snp_report report;

	if (kbs_evidence_parse(a->primary_evidence, &parsed, err) < 0 ||
	    snp_report_parse(parsed->report, sizeof(parsed->report), &report, err) < 0 ||
	    binding_check(a, &report, err) < 0 || init_data_check(a, &report, err) < 0 ||
	    certificates_find_vek(certificates, parsed, &report, now, &vek, err) < 0 ||
	    snp_report_verify(parsed->report, sizeof(parsed->report), vek, &report, err) < 0)
		return -1;
	evidence->report = report;
	evidence->product = vek->product;
	evidence->laboratory_root = vek->laboratory_root;
	return 0;
}

int attestation_judge(struct certificates *certificates, const uint8_t nonce[KBS_NONCE_BYTES],
		      const uint8_t *message, size_t size, time_t now,
		      struct session_evidence *evidence, struct error *err)
{
	cleanup_kbs_attestation struct kbs_attestation a = { 0 };
	struct session_evidence judged = { 0 };

	if (kbs_attestation_parse(message, size, &a, err) < 0 || nonce_check(&a, nonce, err) < 0 ||
	    kbs_key_check(a.tee_public_key, err) < 0)
		return -1;
	if (*a.additional_evidence)
		return error_mismatch(err,
				      "evidence of further devices, which nothing here checks");
	if (report_judge(certificates, &a, now, &judged, err) < 0)
		return -1;
	judged.tee_public_key = json_incref(a.tee_public_key);
	*evidence = judged;
	return 0;
}
