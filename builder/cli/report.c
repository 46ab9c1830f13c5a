// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>
#include <time.h>

#include "attest/snp_chain.h"
#include "attest/snp_policy.h"
#include "common/io.h"
#include "common/json.h"

enum { OPT_JSON = 256, OPT_REPORT, OPT_VEK, OPT_CHAIN, OPT_TRUST_ARK, OPT_POLICY };

const struct command_option report_options[] = {
	{ OPT_REPORT, "report", "R", "verify: the report, 1184 bytes" },
	{ OPT_VEK, "vek", "CERT", "verify: its VCEK or VLEK certificate (DER or PEM)" },
	{ OPT_CHAIN, "chain", "PEM",
	  "verify: ASK (or ASVK) and ARK, as AMD's key\nservice gives them; more may be in it" },
	{ OPT_TRUST_ARK, "trust-ark", "PEM",
	  "verify: a root to trust beside AMD's, such as\na laboratory's" },
	{ OPT_POLICY, "policy", "P.json", "verify: what the report must say as well" },
	{ OPT_JSON, "json", NULL, "print one JSON object" },
	{ 0 },
};

struct request {
	const char *report, *vek, *chain, *trust_ark, *policy;
	bool json;
};

/* What was found out; the report is set where `verified`. */
struct finding {
	struct snp_vek *vek;
	struct snp_report report;
	struct snp_refusal refusal;
	bool verified;
};

static void finding_clear(struct finding *finding)
{
	snp_vek_free(finding->vek);
}

static void print_value(const json_t *value)
{
	const json_t *member;
	const char *name;
	size_t i, n = 0;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		json_object_foreach ((json_t *)(uintptr_t)value, name, member)
			printf("%s%s %lld", n++ ? ", " : "", name,
			       (long long)json_integer_value(member));
		break;
	case JSON_ARRAY:
		json_array_foreach (value, i, member)
			printf("%s%s", i ? ", " : "", json_string_value(member));
		break;
	case JSON_STRING:
		printf("%s", json_string_value(value));
		break;
	case JSON_INTEGER:
		printf("%lld", (long long)json_integer_value(value));
		break;
	case JSON_NULL:
		printf("not in this version");
		break;
	default:
		printf("%s", json_is_true(value) ? "yes" : "no");
	}
}

static int report_read(const char *path, uint8_t **bytes, size_t *size, struct error *err)
{
	return file_read(path, SNP_REPORT_BYTES, bytes, size, err);
}

static int show(const char *path, bool json, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	cleanup_json json_t *fields = NULL;
	struct snp_report report;
	const char *name;
	json_t *value;
	size_t size;

	if (report_read(path, &bytes, &size, err) < 0)
		return -1;
	if (snp_report_parse(bytes, size, &report, err) < 0)
		return error_prefix(err, "%s", path);
	fields = snp_report_json(&report);
	if (!fields)
		return error_memory(err);
	if (json)
		return json_print(fields, err);
	json_object_foreach (fields, name, value) {
		printf("%-20s ", name);
		print_value(value);
		putchar('\n');
	}
	return 0;
}

static int certificates_add(struct snp_certificates *certificates, const char *path,
			    struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (file_read(path, SNP_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (snp_certificates_add(certificates, bytes, size, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

static int root_digest(const char *path, uint8_t digest[SNP_SPKI_DIGEST_BYTES], struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (file_read(path, SNP_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (snp_ark_digest(bytes, size, digest, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

static int vek_verify(const struct request *r, struct snp_vek **vek, struct error *err)
{
	cleanup_snp_certificates struct snp_certificates *chain = NULL;
	cleanup_free uint8_t *bytes = NULL;
	uint8_t digest[1][SNP_SPKI_DIGEST_BYTES];
	struct snp_trust trust = { 0 };
	size_t size;

	if (snp_certificates_new(&chain, err) < 0 || certificates_add(chain, r->chain, err) < 0 ||
	    file_read(r->vek, SNP_PEM_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (r->trust_ark) {
		if (root_digest(r->trust_ark, digest[0], err) < 0 ||
		    certificates_add(chain, r->trust_ark, err) < 0)
			return -1;
		trust = (struct snp_trust){ (const uint8_t(*)[SNP_SPKI_DIGEST_BYTES])digest, 1 };
	}
	if (snp_chain_verify(bytes, size, chain, &trust, time(NULL), vek, err) < 0)
		return error_prefix(err, "%s", r->vek);
	return 0;
}

static int policy_check(const char *path, struct finding *finding, struct error *err)
{
	cleanup_snp_policy struct snp_policy *policy = NULL;
	cleanup_free uint8_t *text = NULL;
	size_t size;

	if (file_read(path, SNP_POLICY_MAX_BYTES, &text, &size, err) < 0)
		return -1;
	if (snp_policy_parse(text, size, &policy, err) < 0)
		return error_prefix(err, "%s", path);
	return snp_policy_check(policy, &finding->report, finding->vek->product, &finding->refusal,
				err);
}

static int verify(const struct request *r, struct finding *finding, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (report_read(r->report, &bytes, &size, err) < 0 || vek_verify(r, &finding->vek, err) < 0)
		return -1;
	if (snp_report_verify(bytes, size, finding->vek, &finding->report, err) < 0)
		return error_prefix(err, "%s", r->report);
	finding->verified = true;
	if (r->policy && policy_check(r->policy, finding, err) < 0)
		return error_prefix(err, "%s", r->report);
	return 0;
}

static const char *root_name(const struct finding *finding)
{
	return finding->vek->laboratory_root ? "laboratory" : "AMD";
}

static const char *key_name(const struct finding *finding)
{
	return finding->vek->kind == SNP_SIGNED_BY_VLEK ? "VLEK" : "VCEK";
}

static int print_finding_json(const struct request *r, const struct finding *f, bool holds,
			      const char *why, struct error *err)
{
	cleanup_json json_t *out = json_pack("{s:b, s:b}", "holds", holds, "verified", f->verified);

	if (out && f->vek)
		(void)json_object_update_new(
			out, json_pack("{s:s, s:s, s:s}", "signed_by", key_name(f), "root",
				       root_name(f), "product", snp_product_name(f->vek->product)));
	if (out && f->verified)
		(void)json_object_set_new(out, "report", snp_report_json(&f->report));
	if (out && f->verified && r->policy)
		(void)json_object_set_new(out, "policy", json_string(holds ? "kept" : "refused"));
	if (out && f->refusal.rule)
		(void)json_object_set_new(out, "rule", json_string(f->refusal.rule));
	if (out && why)
		(void)json_object_set_new(out, "why", json_string(why));
	return out ? json_print(out, err) : error_memory(err);
}

static void print_finding(const struct request *r, const struct finding *f)
{
	printf("signature   holds: %s of a %s, under %s root\n", key_name(f),
	       snp_product_name(f->vek->product),
	       f->vek->laboratory_root ? "a laboratory" : "AMD's");
	printf("policy      %s\n", r->policy ? "kept" : "none given: nothing else was checked");
	printf("measurement ");
	for (size_t i = 0; i < SNP_DIGEST_BYTES; i++)
		printf("%02x", f->report.measurement[i]);
	putchar('\n');
}

static int verify_and_say(const struct request *r, struct error *err)
{
	CLEANUP(finding_clear) struct finding finding = { 0 };
	struct error printing;

	int result = verify(r, &finding, err);
	if (r->json && (result == 0 || err->kind == ERROR_MISMATCH)) {
		if (print_finding_json(r, &finding, result == 0, result ? err->text : NULL,
				       &printing) < 0) {
			*err = printing;
			return -1;
		}
	} else if (result == 0) {
		print_finding(r, &finding);
	}
	return result ? error_prefix(err, "verifying") : 0;
}

static int options_read(const struct command *self, int argc, char **argv, struct request *r,
			struct error *err)
{
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		switch (id) {
		case OPT_REPORT:
			r->report = optarg;
			break;
		case OPT_VEK:
			r->vek = optarg;
			break;
		case OPT_CHAIN:
			r->chain = optarg;
			break;
		case OPT_TRUST_ARK:
			r->trust_ark = optarg;
			break;
		case OPT_POLICY:
			r->policy = optarg;
			break;
		case OPT_JSON:
			r->json = true;
			break;
		default:
			return -1;
		}
	}
	return 0;
}

int cmd_report(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };

	if (options_read(self, argc, argv, &r, err) < 0)
		return -1;
	const char *what = optind < argc ? argv[optind] : "";
	if (!strcmp(what, "show")) {
		if (r.report || r.vek || r.chain || r.trust_ark || r.policy)
			return error_usage(err, "report: show takes no option but --json");
		if (command_operands(self, argc, 2, err) < 0)
			return -1;
		return show(argv[optind + 1], r.json, err) < 0 ? error_prefix(err, "showing") : 0;
	}
	if (strcmp(what, "verify") != 0)
		return error_usage(err, "report: show or verify?");
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	if (!r.report || !r.vek || !r.chain)
		return error_usage(err, "report: verify needs --report, --vek and --chain");
	return verify_and_say(&r, err);
}
