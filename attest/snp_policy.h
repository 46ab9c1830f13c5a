// SPDX-License-Identifier: Apache-2.0
/* Is a verified report what we want: the owner's POLICY.json against its fields.
 *
 *     {"measurements": ["<96 hex digits>", ...],     at least one; the report's is in the list
 *      "host_data": "<64>",                          optional, as all below
 *      "id_key_digest": "<96>", "author_key_digest": "<96>",
 *      "min_tcb": {"bootloader": N, "tee": N, "snp": N, "microcode": N, "fmc": N?},
 *      "vmpl": 0,                                    exactly this one
 *      "allow_debug": false, "allow_migration_agent": false,
 *      "allow_smt": true, "require_single_socket": false,
 *      "products": ["Milan", "Genoa", "Turin"]}
 *
 * The values shown for "vmpl" and what follows are what is meant where they are absent. SMT alone
 * is allowed by default: QEMU and Kata set that bit in every guest they start. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/error.h"

enum {
	SNP_POLICY_MAX_BYTES = 1 << 20,
	SNP_POLICY_MEASUREMENTS_MAX = 4096,
};

struct snp_policy {
	uint8_t (*measurements)[SNP_DIGEST_BYTES];
	size_t measurement_count;
	bool has_host_data;
	uint8_t host_data[SNP_HOST_DATA_BYTES];
	bool has_id_key_digest;
	uint8_t id_key_digest[SNP_DIGEST_BYTES];
	bool has_author_key_digest;
	uint8_t author_key_digest[SNP_DIGEST_BYTES];
	bool has_min_tcb;
	struct snp_tcb min_tcb;
	uint32_t vmpl; /* 0..3 */
	bool allow_debug;
	bool allow_migration_agent;
	bool forbid_smt;
	bool require_single_socket;
	unsigned products; /* bit 1 << enum snp_product for each allowed; 0: all of them */
};

/* Strict: an unknown member, a wrong type, a digest of another length are ERROR_INPUT. */
int snp_policy_parse(const uint8_t *bytes, size_t size, struct snp_policy **policy,
		     struct error *err) MUST_CHECK;
void snp_policy_free(struct snp_policy *policy);
DEFINE_CLEANUP(cleanup_snp_policy_p, struct snp_policy, snp_policy_free)
#define cleanup_snp_policy CLEANUP(cleanup_snp_policy_p)

/* The policy as POLICY.json, with every member whose value is not the default. The caller owns it.
 */
int snp_policy_json(const struct snp_policy *policy, json_t **json, struct error *err) MUST_CHECK;

/* Which rule refused. */
struct snp_refusal {
	const char *rule; /* a member of POLICY.json, static */
};

/* Checks a report that snp_report_verify() accepted; `product` is its VEK's. ERROR_MISMATCH: "rule
 * host_data: found X, wanted Y", and `refusal`, which may be NULL, has the rule. Every report with
 * a bit of the guest policy that this version does not know is refused (rule "guest_policy"). */
int snp_policy_check(const struct snp_policy *policy, const struct snp_report *report,
		     enum snp_product product, struct snp_refusal *refusal, struct error *err)
	MUST_CHECK;
