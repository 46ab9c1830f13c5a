// SPDX-License-Identifier: Apache-2.0
/* One function for each rule of a policy; each says what it found and what it wanted. */
#include <string.h>

#include "attest/snp_policy.h"
#include "common/hex.h"

struct question {
	const struct snp_policy *policy;
	const struct snp_report *report;
	enum snp_product product;
};

static int digest_rule(const char *rule, const uint8_t *found, const uint8_t *wanted, size_t size,
		       struct error *err)
{
	char found_text[2 * SNP_DIGEST_BYTES + 1], wanted_text[2 * SNP_DIGEST_BYTES + 1];

	if (!memcmp(found, wanted, size))
		return 0;
	hex_encode(found, size, found_text);
	hex_encode(wanted, size, wanted_text);
	return error_mismatch(err, "rule %s: found %s, wanted %s", rule, found_text, wanted_text);
}

static int guest_policy_rule(const struct question *q, struct error *err)
{
	if ((q->report->policy & SNP_POLICY_RESERVED_ONE) &&
	    !(q->report->policy & SNP_POLICY_UNKNOWN_BITS))
		return 0;
	return error_mismatch(err,
			      "rule guest_policy: found 0x%llx, wanted bit 17 set and none above "
			      "bit 25",
			      (unsigned long long)q->report->policy);
}

static int measurements_rule(const struct question *q, struct error *err)
{
	char found[2 * SNP_DIGEST_BYTES + 1], first[2 * SNP_DIGEST_BYTES + 1];

	for (size_t i = 0; i < q->policy->measurement_count; i++)
		if (!memcmp(q->report->measurement, q->policy->measurements[i], SNP_DIGEST_BYTES))
			return 0;
	hex_encode(q->report->measurement, SNP_DIGEST_BYTES, found);
	hex_encode(q->policy->measurements[0], SNP_DIGEST_BYTES, first);
	if (q->policy->measurement_count == 1)
		return error_mismatch(err, "rule measurements: found %s, wanted %s", found, first);
	return error_mismatch(err, "rule measurements: found %s, wanted one of %zu, the first %s",
			      found, q->policy->measurement_count, first);
}

static int host_data_rule(const struct question *q, struct error *err)
{
	return q->policy->has_host_data
		       ? digest_rule("host_data", q->report->host_data, q->policy->host_data,
				     SNP_HOST_DATA_BYTES, err)
		       : 0;
}

static int id_key_rule(const struct question *q, struct error *err)
{
	return q->policy->has_id_key_digest
		       ? digest_rule("id_key_digest", q->report->id_key_digest,
				     q->policy->id_key_digest, SNP_DIGEST_BYTES, err)
		       : 0;
}

static int author_key_rule(const struct question *q, struct error *err)
{
	return q->policy->has_author_key_digest
		       ? digest_rule("author_key_digest", q->report->author_key_digest,
				     q->policy->author_key_digest, SNP_DIGEST_BYTES, err)
		       : 0;
}

static int min_tcb_rule(const struct question *q, struct error *err)
{
	const struct snp_tcb *found = &q->report->reported_tcb, *wanted = &q->policy->min_tcb;
	const struct {
		const char *name;
		uint8_t found, wanted;
	} parts[] = {
		{ "bootloader", found->bootloader, wanted->bootloader },
		{ "tee", found->tee, wanted->tee },
		{ "snp", found->snp, wanted->snp },
		{ "microcode", found->microcode, wanted->microcode },
		{ "fmc", found->fmc, wanted->fmc },
	};

	if (!q->policy->has_min_tcb)
		return 0;
	if (wanted->has_fmc && !found->has_fmc)
		return error_mismatch(err, "rule min_tcb: found no fmc on a %s, wanted at least %u",
				      snp_product_name(q->product), wanted->fmc);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].found < parts[i].wanted)
			return error_mismatch(err, "rule min_tcb: found %s %u, wanted at least %u",
					      parts[i].name, parts[i].found, parts[i].wanted);
	return 0;
}

static int vmpl_rule(const struct question *q, struct error *err)
{
	if (q->report->vmpl == q->policy->vmpl)
		return 0;
	return error_mismatch(err, "rule vmpl: found %u, wanted %u", q->report->vmpl,
			      q->policy->vmpl);
}

static int debug_rule(const struct question *q, struct error *err)
{
	if (q->policy->allow_debug || !(q->report->policy & SNP_POLICY_DEBUG))
		return 0;
	return error_mismatch(err, "rule allow_debug: found a guest that the host may debug, "
				   "wanted one that it may not");
}

static int migration_rule(const struct question *q, struct error *err)
{
	if (q->policy->allow_migration_agent || !(q->report->policy & SNP_POLICY_MIGRATION_AGENT))
		return 0;
	return error_mismatch(err, "rule allow_migration_agent: found a guest that may have a "
				   "migration agent, wanted one that may not");
}

static int smt_rule(const struct question *q, struct error *err)
{
	if (!q->policy->forbid_smt || !(q->report->policy & SNP_POLICY_SMT))
		return 0;
	return error_mismatch(err,
			      "rule allow_smt: found a guest that may run with SMT, wanted one "
			      "that may not");
}

static int single_socket_rule(const struct question *q, struct error *err)
{
	if (!q->policy->require_single_socket || (q->report->policy & SNP_POLICY_SINGLE_SOCKET))
		return 0;
	return error_mismatch(err, "rule require_single_socket: found a guest that may run on more "
				   "than one socket, wanted one that may not");
}

static int products_rule(const struct question *q, struct error *err)
{
	if (!q->policy->products || (q->policy->products & 1U << q->product))
		return 0;
	return error_mismatch(err, "rule products: found %s, wanted%s%s%s",
			      snp_product_name(q->product),
			      q->policy->products & 1U << SNP_MILAN ? " Milan" : "",
			      q->policy->products & 1U << SNP_GENOA ? " Genoa" : "",
			      q->policy->products & 1U << SNP_TURIN ? " Turin" : "");
}

static const struct rule {
	const char *name;
	int (*check)(const struct question *q, struct error *err);
} rules[] = {
	{ "guest_policy", guest_policy_rule },
	{ "measurements", measurements_rule },
	{ "host_data", host_data_rule },
	{ "id_key_digest", id_key_rule },
	{ "author_key_digest", author_key_rule },
	{ "min_tcb", min_tcb_rule },
	{ "vmpl", vmpl_rule },
	{ "allow_debug", debug_rule },
	{ "allow_migration_agent", migration_rule },
	{ "allow_smt", smt_rule },
	{ "require_single_socket", single_socket_rule },
	{ "products", products_rule },
};

int snp_policy_check(const struct snp_policy *policy, const struct snp_report *report,
		     enum snp_product product, struct snp_refusal *refusal, struct error *err)
{
	const struct question question = { policy, report, product };

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].check(&question, err) < 0) {
			if (refusal)
				refusal->rule = rules[i].name;
			return -1;
		}
	return 0;
}
