// SPDX-License-Identifier: Apache-2.0
/* A report for people and programs to read: every field, in the report's order. */
#include "attest/snp_report.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

struct flag {
	uint64_t bit;
	const char *name;
};

/* GUEST_POLICY, 56860 "Guest Policy" */
static const struct flag policy_flags[] = {
	{ SNP_POLICY_SMT, "smt" },
	{ SNP_POLICY_MIGRATION_AGENT, "migration_agent" },
	{ SNP_POLICY_DEBUG, "debug" },
	{ SNP_POLICY_SINGLE_SOCKET, "single_socket" },
	{ SNP_POLICY_CXL, "cxl" },
	{ SNP_POLICY_AES_256_XTS, "aes_256_xts" },
	{ SNP_POLICY_RAPL_DISABLED, "rapl_disabled" },
	{ SNP_POLICY_CIPHERTEXT_HIDE, "ciphertext_hiding" },
	{ SNP_POLICY_NO_PAGE_SWAP, "no_page_swap" },
	{ 0, NULL },
};

/* PLATFORM_INFO, 56860 "PLATFORM_INFO Field". Later firmware may set bits that have no name here;
 * they show in the number. */
static const struct flag platform_flags[] = {
	{ 1 << 0, "smt" },
	{ 1 << 1, "tsme" },
	{ 1 << 2, "ecc" },
	{ 1 << 3, "rapl_disabled" },
	{ 1 << 4, "ciphertext_hiding" },
	{ 1 << 5, "alias_check_complete" },
	{ 1 << 7, "tio" },
	{ 0, NULL },
};

static json_t *hex_json(const uint8_t *bytes, size_t size)
{
	char text[2 * SNP_SIGNATURE_PART_BYTES + 1];

	hex_encode(bytes, size, text);
	return json_string(text);
}

static json_t *number_json(uint64_t n)
{
	char text[sizeof("0x0123456789abcdef")];

	(void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)n);
	return json_string(text);
}

static json_t *flags_json(uint64_t word, const struct flag *flags)
{
	json_t *set = json_array();

	for (; flags->name; flags++)
		if (word & flags->bit)
			(void)json_array_append_new(set, json_string(flags->name));
	return set;
}

json_t *snp_tcb_json(const struct snp_tcb *tcb)
{
	json_t *o = json_pack("{s:i, s:i, s:i, s:i}", "bootloader", tcb->bootloader, "tee",
			      tcb->tee, "snp", tcb->snp, "microcode", tcb->microcode);

	if (o && tcb->has_fmc && json_object_set_new(o, "fmc", json_integer(tcb->fmc)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static json_t *version_json(struct snp_version v)
{
	return json_sprintf("%u.%u.%u", v.major, v.minor, v.build);
}

static const char *signing_key_name(enum snp_signing_key key)
{
	return key == SNP_SIGNED_BY_VCEK ? "VCEK" : key == SNP_SIGNED_BY_VLEK ? "VLEK" : "none";
}

json_t *snp_report_json(const struct snp_report *r)
{
	bool has_cpuid = r->version >= 3, has_vectors = r->version >= 5;
	const struct {
		const char *name;
		json_t *value;
	} members[] = {
		{ "version", json_integer(r->version) },
		{ "guest_svn", json_integer(r->guest_svn) },
		{ "policy", number_json(r->policy) },
		{ "policy_abi", json_sprintf("%u.%u", (unsigned)(r->policy >> 8 & 0xff),
					     (unsigned)(r->policy & 0xff)) },
		{ "policy_flags", flags_json(r->policy, policy_flags) },
		{ "family_id", hex_json(r->family_id, sizeof(r->family_id)) },
		{ "image_id", hex_json(r->image_id, sizeof(r->image_id)) },
		{ "vmpl", json_integer(r->vmpl) },
		{ "signature_algorithm", json_integer(r->signature_algorithm) },
		{ "current_tcb", snp_tcb_json(&r->current_tcb) },
		{ "platform_info", number_json(r->platform_info) },
		{ "platform_flags", flags_json(r->platform_info, platform_flags) },
		{ "author_key_enabled", json_boolean(r->author_key_enabled) },
		{ "chip_key_masked", json_boolean(r->chip_key_masked) },
		{ "signing_key", json_string(signing_key_name(r->signing_key)) },
		{ "report_data", hex_json(r->report_data, sizeof(r->report_data)) },
		{ "measurement", hex_json(r->measurement, sizeof(r->measurement)) },
		{ "host_data", hex_json(r->host_data, sizeof(r->host_data)) },
		{ "id_key_digest", hex_json(r->id_key_digest, sizeof(r->id_key_digest)) },
		{ "author_key_digest",
		  hex_json(r->author_key_digest, sizeof(r->author_key_digest)) },
		{ "report_id", hex_json(r->report_id, sizeof(r->report_id)) },
		{ "report_id_ma", hex_json(r->report_id_ma, sizeof(r->report_id_ma)) },
		{ "reported_tcb", snp_tcb_json(&r->reported_tcb) },
		{ "product", json_string(snp_product_name(r->product)) },
		{ "cpuid_family", has_cpuid ? json_integer(r->cpuid_family) : json_null() },
		{ "cpuid_model", has_cpuid ? json_integer(r->cpuid_model) : json_null() },
		{ "cpuid_stepping", has_cpuid ? json_integer(r->cpuid_stepping) : json_null() },
		{ "chip_id", hex_json(r->chip_id, sizeof(r->chip_id)) },
		{ "committed_tcb", snp_tcb_json(&r->committed_tcb) },
		{ "current_version", version_json(r->current) },
		{ "committed_version", version_json(r->committed) },
		{ "launch_tcb", snp_tcb_json(&r->launch_tcb) },
		{ "launch_mit_vector",
		  has_vectors ? number_json(r->launch_mit_vector) : json_null() },
		{ "current_mit_vector",
		  has_vectors ? number_json(r->current_mit_vector) : json_null() },
		{ "signature_r", hex_json(r->signature_r, sizeof(r->signature_r)) },
		{ "signature_s", hex_json(r->signature_s, sizeof(r->signature_s)) },
	};
	cleanup_json json_t *object = json_object();
	bool complete = object;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_set_new(object, members[i].name, members[i].value) < 0)
			complete = false;
	return complete ? take_ptr(object) : NULL;
}
