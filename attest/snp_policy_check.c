// SPDX-License-Identifier: Apache-2.0
/* One function for each rule of a policy; each says what it found and what it wanted. */
#include <string.h>

#include "attest/snp_policy.h"
#include "common/hex.h"

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

static int guest_policy_rule(const struct snp_policy *p, const struct snp_report *r,
			     enum snp_product product, struct error *err)
{
	(void)p, (void)product;
	if ((r->policy & SNP_POLICY_RESERVED_ONE) && !(r->policy & SNP_POLICY_UNKNOWN_BITS))
		return 0;
	return error_mismatch(err,
			      "rule guest_policy: found 0x%llx, wanted bit 17 set and none above "
			      "bit 25",
			      (unsigned long long)r->policy);
}

static int measurements_rule(const struct snp_policy *p, const struct snp_report *r,
			     enum snp_product product, struct error *err)
{
	char found[2 * SNP_DIGEST_BYTES + 1], first[2 * SNP_DIGEST_BYTES + 1];

	(void)product;
	for (size_t i = 0; i < p->measurement_count; i++)
		if (!memcmp(r->measurement, p->measurements[i], SNP_DIGEST_BYTES))
			return 0;
	hex_encode(r->measurement, SNP_DIGEST_BYTES, found);
	hex_encode(p->measurements[0], SNP_DIGEST_BYTES, first);
	if (p->measurement_count == 1)
		return error_mismatch(err, "rule measurements: found %s, wanted %s", found, first);
	return error_mismatch(err, "rule measurements: found %s, wanted one of %zu, the first %s",
			      found, p->measurement_count, first);
}

static int host_data_rule(const struct snp_policy *p, const struct snp_report *r,
			  enum snp_product product, struct error *err)
{
	(void)product;
	return p->has_host_data ? digest_rule("host_data", r->host_data, p->host_data,
					      SNP_HOST_DATA_BYTES, err)
				: 0;
}

static int id_key_rule(const struct snp_policy *p, const struct snp_report *r,
		       enum snp_product product, struct error *err)
{
	(void)product;
	return p->has_id_key_digest ? digest_rule("id_key_digest", r->id_key_digest,
						  p->id_key_digest, SNP_DIGEST_BYTES, err)
				    : 0;
}

static int author_key_rule(const struct snp_policy *p, const struct snp_report *r,
			   enum snp_product product, struct error *err)
{
	(void)product;
	return p->has_author_key_digest ? digest_rule("author_key_digest", r->author_key_digest,
						      p->author_key_digest, SNP_DIGEST_BYTES, err)
					: 0;
}

static int min_tcb_rule(const struct snp_policy *p, const struct snp_report *r,
			enum snp_product product, struct error *err)
{
	const struct snp_tcb *found = &r->reported_tcb, *wanted = &p->min_tcb;
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

	if (!p->has_min_tcb)
		return 0;
	if (wanted->has_fmc && !found->has_fmc)
		return error_mismatch(err, "rule min_tcb: found no fmc on a %s, wanted at least %u",
				      snp_product_name(product), wanted->fmc);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].found < parts[i].wanted)
			return error_mismatch(err, "rule min_tcb: found %s %u, wanted at least %u",
					      parts[i].name, parts[i].found, parts[i].wanted);
	return 0;
}

static int vmpl_rule(const struct snp_policy *p, const struct snp_report *r,
		     enum snp_product product, struct error *err)
{
	(void)product;
	if (r->vmpl == p->vmpl)
		return 0;
	return error_mismatch(err, "rule vmpl: found %u, wanted %u", r->vmpl, p->vmpl);
}

static int debug_rule(const struct snp_policy *p, const struct snp_report *r,
		      enum snp_product product, struct error *err)
{
	(void)product;
	if (p->allow_debug || !(r->policy & SNP_POLICY_DEBUG))
		return 0;
	return error_mismatch(err, "rule allow_debug: found a guest that the host may debug, "
				   "wanted one that it may not");
}

static int migration_rule(const struct snp_policy *p, const struct snp_report *r,
			  enum snp_product product, struct error *err)
{
	(void)product;
	if (p->allow_migration_agent || !(r->policy & SNP_POLICY_MIGRATION_AGENT))
		return 0;
	return error_mismatch(err, "rule allow_migration_agent: found a guest that may have a "
				   "migration agent, wanted one that may not");
}

static int smt_rule(const struct snp_policy *p, const struct snp_report *r,
		    enum snp_product product, struct error *err)
{
	(void)product;
	if (!p->forbid_smt || !(r->policy & SNP_POLICY_SMT))
		return 0;
	return error_mismatch(err,
			      "rule allow_smt: found a guest that may run with SMT, wanted one "
			      "that may not");
}

static int single_socket_rule(const struct snp_policy *p, const struct snp_report *r,
			      enum snp_product product, struct error *err)
{
	(void)product;
	if (!p->require_single_socket || (r->policy & SNP_POLICY_SINGLE_SOCKET))
		return 0;
	return error_mismatch(err, "rule require_single_socket: found a guest that may run on more "
				   "than one socket, wanted one that may not");
}

static int products_rule(const struct snp_policy *p, const struct snp_report *r,
			 enum snp_product product, struct error *err)
{
	(void)r;
	if (!p->products || (p->products & 1U << product))
		return 0;
	return error_mismatch(err, "rule products: found %s, wanted%s%s%s",
			      snp_product_name(product),
			      p->products & 1U << SNP_MILAN ? " Milan" : "",
			      p->products & 1U << SNP_GENOA ? " Genoa" : "",
			      p->products & 1U << SNP_TURIN ? " Turin" : "");
}

static const struct rule {
	const char *name;
	int (*check)(const struct snp_policy *p, const struct snp_report *r,
		     enum snp_product product, struct error *err);
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
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].check(policy, report, product, err) < 0) {
			if (refusal)
				refusal->rule = rules[i].name;
			return -1;
		}
	return 0;
}
