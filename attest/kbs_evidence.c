// SPDX-License-Identifier: Apache-2.0
#include "attest/kbs_evidence.h"

#include <string.h>

#include "common/json.h"

static const char where[] = "attestation_report";

/* Fields that are bytes, and where they go. */
#define BYTE_FIELDS(r)                                                                       \
	{                                                                                    \
		{ "family_id", (r)->family_id, sizeof((r)->family_id) },                     \
			{ "image_id", (r)->image_id, sizeof((r)->image_id) },                \
			{ "report_data", (r)->report_data, sizeof((r)->report_data) },       \
			{ "measurement", (r)->measurement, sizeof((r)->measurement) },       \
			{ "host_data", (r)->host_data, sizeof((r)->host_data) },             \
			{ "id_key_digest", (r)->id_key_digest, sizeof((r)->id_key_digest) }, \
			{ "author_key_digest", (r)->author_key_digest,                       \
			  sizeof((r)->author_key_digest) },                                  \
			{ "report_id", (r)->report_id, sizeof((r)->report_id) },             \
			{ "report_id_ma", (r)->report_id_ma, sizeof((r)->report_id_ma) },    \
			{ "chip_id", (r)->chip_id, sizeof((r)->chip_id) },                   \
	}

#define TCB_FIELDS(r)                                                                         \
	{                                                                                     \
		{ "current_tcb", &(r)->current_tcb }, { "reported_tcb", &(r)->reported_tcb }, \
			{ "committed_tcb", &(r)->committed_tcb },                             \
			{ "launch_tcb", &(r)->launch_tcb },                                   \
	}

static int byte_get(const json_t *item, const char *name, uint8_t *byte, struct error *err)
{
	if (!json_is_integer(item) || json_integer_value(item) < 0 ||
	    json_integer_value(item) > 255)
		return error_input(err, "\"%s\" holds something that is not a byte", name);
	*byte = (uint8_t)json_integer_value(item);
	return 0;
}

static int bytes_get(const json_t *object, const char *name, uint8_t *bytes, size_t size,
		     struct error *err)
{
	json_t *list, *item;
	size_t i;

	if (json_get_array(object, where, name, size, &list, err) < 0)
		return -1;
	if (json_array_size(list) != size)
		return error_input(err, "\"%s\" of %s has %zu bytes, not %zu", name, where,
				   json_array_size(list), size);
	json_array_foreach (list, i, item)
		if (byte_get(item, name, &bytes[i], err) < 0)
			return -1;
	return 0;
}

static int small_get(const json_t *object, const char *name, uint8_t *value, struct error *err)
{
	uint64_t n;

	if (json_get_u64(object, where, name, 255, &n, err) < 0)
		return -1;
	*value = (uint8_t)n;
	return 0;
}

static int word_get(const json_t *object, const char *name, uint32_t *value, struct error *err)
{
	uint64_t n;

	if (json_get_u64(object, where, name, UINT32_MAX, &n, err) < 0)
		return -1;
	*value = (uint32_t)n;
	return 0;
}

static int tcb_get(const json_t *report, const char *name, struct snp_tcb *tcb, struct error *err)
{
	json_t *o;

	if (json_get_object(report, where, name, &o, err) < 0 ||
	    small_get(o, "bootloader", &tcb->bootloader, err) < 0 ||
	    small_get(o, "tee", &tcb->tee, err) < 0 || small_get(o, "snp", &tcb->snp, err) < 0 ||
	    small_get(o, "microcode", &tcb->microcode, err) < 0)
		return -1;
	const json_t *fmc = json_object_get(o, "fmc");
	tcb->has_fmc = fmc && !json_is_null(fmc);
	return tcb->has_fmc ? small_get(o, "fmc", &tcb->fmc, err) : 0;
}

static int version_get(const json_t *report, const char *name, struct snp_version *version,
		       struct error *err)
{
	json_t *o;

	if (json_get_object(report, where, name, &o, err) < 0 ||
	    small_get(o, "major", &version->major, err) < 0 ||
	    small_get(o, "minor", &version->minor, err) < 0)
		return -1;
	return small_get(o, "build", &version->build, err);
}

/* What a version 2 report has no room for may be null or absent. */
static int optional_get(const json_t *report, struct snp_report *r, struct error *err)
{
	uint64_t family = 0, model = 0, stepping = 0;

	if (json_opt_u64(report, where, "cpuid_fam_id", 255, &family, err) < 0 ||
	    json_opt_u64(report, where, "cpuid_mod_id", 255, &model, err) < 0 ||
	    json_opt_u64(report, where, "cpuid_step", 255, &stepping, err) < 0 ||
	    json_opt_u64(report, where, "launch_mit_vector", UINT64_MAX, &r->launch_mit_vector,
			 err) < 0 ||
	    json_opt_u64(report, where, "current_mit_vector", UINT64_MAX, &r->current_mit_vector,
			 err) < 0)
		return -1;
	r->cpuid_family = (uint8_t)family;
	r->cpuid_model = (uint8_t)model;
	r->cpuid_stepping = (uint8_t)stepping;
	return 0;
}

static int signature_get(const json_t *report, struct snp_report *r, struct error *err)
{
	json_t *o;

	if (json_get_object(report, where, "signature", &o, err) < 0 ||
	    bytes_get(o, "r", r->signature_r, sizeof(r->signature_r), err) < 0)
		return -1;
	return bytes_get(o, "s", r->signature_s, sizeof(r->signature_s), err);
}

static int numbers_get(const json_t *report, struct snp_report *r, struct error *err)
{
	uint32_t key_info;

	if (word_get(report, "version", &r->version, err) < 0 ||
	    word_get(report, "guest_svn", &r->guest_svn, err) < 0 ||
	    json_get_u64(report, where, "policy", UINT64_MAX, &r->policy, err) < 0 ||
	    word_get(report, "vmpl", &r->vmpl, err) < 0 ||
	    word_get(report, "sig_algo", &r->signature_algorithm, err) < 0 ||
	    json_get_u64(report, where, "plat_info", UINT64_MAX, &r->platform_info, err) < 0 ||
	    word_get(report, "key_info", &key_info, err) < 0)
		return -1;
	return snp_key_info_decode(key_info, r, err);
}

static int report_get(const json_t *json, struct kbs_evidence *evidence, struct error *err)
{
	struct snp_report r = { 0 }, reread;
	const struct {
		const char *name;
		uint8_t *bytes;
		size_t size;
	} fields[] = BYTE_FIELDS(&r);
	const struct {
		const char *name;
		struct snp_tcb *tcb;
	} tcbs[] = TCB_FIELDS(&r);
	json_t *report;

	if (json_get_object(json, "evidence", "attestation_report", &report, err) < 0 ||
	    numbers_get(report, &r, err) < 0 || optional_get(report, &r, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (bytes_get(report, fields[i].name, fields[i].bytes, fields[i].size, err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(tcbs) / sizeof(tcbs[0]); i++)
		if (tcb_get(report, tcbs[i].name, tcbs[i].tcb, err) < 0)
			return error_prefix(err, "%s", tcbs[i].name);
	if (version_get(report, "current", &r.current, err) < 0 ||
	    version_get(report, "committed", &r.committed, err) < 0 ||
	    signature_get(report, &r, err) < 0)
		return -1;
	snp_report_encode(&r, evidence->report);
	return snp_report_parse(evidence->report, sizeof(evidence->report), &reread, err);
}

static const struct {
	enum kbs_certificate_type type;
	const char *name;
} certificate_types[] = {
	{ KBS_CERTIFICATE_ARK, "ARK" },
	{ KBS_CERTIFICATE_ASK, "ASK" },
	{ KBS_CERTIFICATE_VCEK, "VCEK" },
	{ KBS_CERTIFICATE_VLEK, "VLEK" },
};

static enum kbs_certificate_type certificate_type(const json_t *name)
{
	for (size_t i = 0;
	     json_is_string(name) && i < sizeof(certificate_types) / sizeof(certificate_types[0]);
	     i++)
		if (!strcmp(json_string_value(name), certificate_types[i].name))
			return certificate_types[i].type;
	return KBS_CERTIFICATE_OTHER;
}

static int certificate_get(const json_t *entry, struct kbs_certificate *certificate,
			   struct error *err)
{
	json_t *data, *item;
	size_t i;

	if (json_get_array(entry, "certificate", "data", KBS_CERTIFICATE_MAX_BYTES, &data, err) < 0)
		return -1;
	certificate->type = certificate_type(json_object_get(entry, "cert_type"));
	certificate->bytes = malloc(json_array_size(data) + 1);
	if (!certificate->bytes)
		return error_memory(err);
	json_array_foreach (data, i, item)
		if (byte_get(item, "data", &certificate->bytes[i], err) < 0)
			return -1;
	certificate->size = json_array_size(data);
	return 0;
}

static int certificates_get(const json_t *json, struct kbs_evidence *evidence, struct error *err)
{
	json_t *list, *entry;
	size_t i;

	if (json_opt_array(json, "evidence", "cert_chain", KBS_CERTIFICATES_MAX, &list, err) < 0)
		return -1;
	if (list && json_array_size(list) == 0)
		return error_input(err, "\"cert_chain\" of evidence is empty");
	json_array_foreach (list, i, entry) {
		if (certificate_get(entry, &evidence->certificates[i], err) < 0)
			return error_prefix(err, "certificate %zu of evidence", i);
		evidence->certificate_count++;
	}
	return 0;
}

int kbs_evidence_parse(const json_t *json, struct kbs_evidence **evidence, struct error *err)
{
	cleanup_kbs_evidence struct kbs_evidence *e = calloc(1, sizeof(*e));

	if (!e)
		return error_memory(err);
	if (report_get(json, e, err) < 0 || certificates_get(json, e, err) < 0)
		return -1;
	*evidence = take_ptr(e);
	return 0;
}

void kbs_evidence_free(struct kbs_evidence *evidence)
{
	if (!evidence)
		return;
	for (size_t i = 0; i < KBS_CERTIFICATES_MAX; i++)
		free(evidence->certificates[i].bytes);
	free(evidence);
}

static json_t *bytes_json(const uint8_t *bytes, size_t size)
{
	json_t *list = json_array();

	for (size_t i = 0; i < size; i++)
		if (json_array_append_new(list, json_integer(bytes[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *tcb_json(const struct snp_tcb *tcb)
{
	return json_pack("{s:o, s:i, s:i, s:i, s:i}", "fmc",
			 tcb->has_fmc ? json_integer(tcb->fmc) : json_null(), "bootloader",
			 tcb->bootloader, "tee", tcb->tee, "snp", tcb->snp, "microcode",
			 tcb->microcode);
}

static json_t *version_json(struct snp_version v)
{
	return json_pack("{s:i, s:i, s:i}", "major", v.major, "minor", v.minor, "build", v.build);
}

/* jansson's integers are signed, and Trustee's reader takes no negative ones */
static json_t *u64_json(uint64_t n)
{
	return n <= INT64_MAX ? json_integer((json_int_t)n) : NULL;
}

static json_t *report_json(struct snp_report *r, bool *complete)
{
	const struct {
		const char *name;
		uint8_t *bytes;
		size_t size;
	} fields[] = BYTE_FIELDS(r);
	const struct {
		const char *name;
		struct snp_tcb *tcb;
	} tcbs[] = TCB_FIELDS(r);
	bool cpuid = r->version >= 3, vectors = r->version >= 5;
	const struct {
		const char *name;
		json_t *value;
	} others[] = {
		{ "version", json_integer(r->version) },
		{ "guest_svn", json_integer(r->guest_svn) },
		{ "policy", u64_json(r->policy) },
		{ "vmpl", json_integer(r->vmpl) },
		{ "sig_algo", json_integer(r->signature_algorithm) },
		{ "plat_info", u64_json(r->platform_info) },
		{ "key_info", json_integer(snp_key_info_encode(r)) },
		{ "cpuid_fam_id", cpuid ? json_integer(r->cpuid_family) : json_null() },
		{ "cpuid_mod_id", cpuid ? json_integer(r->cpuid_model) : json_null() },
		{ "cpuid_step", cpuid ? json_integer(r->cpuid_stepping) : json_null() },
		{ "current", version_json(r->current) },
		{ "committed", version_json(r->committed) },
		{ "launch_mit_vector", vectors ? u64_json(r->launch_mit_vector) : json_null() },
		{ "current_mit_vector", vectors ? u64_json(r->current_mit_vector) : json_null() },
		{ "signature",
		  json_pack("{s:o, s:o}", "r", bytes_json(r->signature_r, sizeof(r->signature_r)),
			    "s", bytes_json(r->signature_s, sizeof(r->signature_s))) },
	};
	json_t *o = json_object();
	bool ok = o;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ok = json_object_set_new(o, others[i].name, others[i].value) == 0 && ok;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ok = json_object_set_new(o, fields[i].name,
					 bytes_json(fields[i].bytes, fields[i].size)) == 0 &&
		     ok;
	for (size_t i = 0; i < sizeof(tcbs) / sizeof(tcbs[0]); i++)
		ok = json_object_set_new(o, tcbs[i].name, tcb_json(tcbs[i].tcb)) == 0 && ok;
	*complete = ok;
	return o;
}

static json_t *certificates_json(const struct kbs_certificate *certificates, size_t count,
				 bool *complete)
{
	json_t *list = count ? json_array() : json_null();

	*complete = list;
	for (size_t i = 0; i < count; i++) {
		const char *name = "Empty";
		for (size_t t = 0; t < sizeof(certificate_types) / sizeof(certificate_types[0]);
		     t++)
			if (certificates[i].type == certificate_types[t].type)
				name = certificate_types[t].name;
		json_t *entry = json_pack("{s:s, s:o}", "cert_type", name, "data",
					  bytes_json(certificates[i].bytes, certificates[i].size));
		if (json_array_append_new(list, entry) < 0)
			*complete = false;
	}
	return list;
}

int kbs_evidence_make(const uint8_t report[SNP_REPORT_BYTES],
		      const struct kbs_certificate *certificates, size_t count, json_t **json,
		      struct error *err)
{
	struct snp_report r;
	bool has_report, has_chain;

	if (snp_report_parse(report, SNP_REPORT_BYTES, &r, err) < 0)
		return -1;
	cleanup_json json_t *root = json_object();
	bool ok =
		json_object_set_new(root, "attestation_report", report_json(&r, &has_report)) == 0;
	ok = json_object_set_new(root, "cert_chain",
				 certificates_json(certificates, count, &has_chain)) == 0 &&
	     ok;
	if (!ok || !has_report || !has_chain)
		return error_system_text(err, "making evidence failed: no memory, or a field that "
					      "JSON cannot hold");
	*json = take_ptr(root);
	return 0;
}
