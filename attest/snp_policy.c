// SPDX-License-Identifier: Apache-2.0
#include "attest/snp_policy.h"

#include <string.h>

#include "common/hex.h"
#include "common/json.h"

static const char where[] = "policy";

static int digest_get(const json_t *root, const char *name, uint8_t *bytes, size_t size,
		      bool *present, struct error *err)
{
	const char *text;

	if (json_opt_string(root, where, name, &text, err) < 0)
		return -1;
	if (text && hex_decode(text, bytes, size, err) < 0)
		return error_prefix(err, "\"%s\" of %s", name, where);
	*present = text;
	return 0;
}

static int measurements_get(const json_t *root, struct snp_policy *p, struct error *err)
{
	json_t *list, *item;
	size_t i;

	if (json_get_array(root, where, "measurements", SNP_POLICY_MEASUREMENTS_MAX, &list, err) <
	    0)
		return -1;
	if (json_array_size(list) == 0)
		return error_input(err, "\"measurements\" of %s is empty: nothing could pass",
				   where);
	p->measurements = calloc(json_array_size(list), sizeof(*p->measurements));
	if (!p->measurements)
		return error_memory(err);
	json_array_foreach (list, i, item) {
		if (!json_is_string(item))
			return error_input(err, "measurement %zu of %s is not a string", i, where);
		if (hex_decode(json_string_value(item), p->measurements[i], SNP_DIGEST_BYTES, err) <
		    0)
			return error_prefix(err, "measurement %zu of %s", i, where);
	}
	p->measurement_count = json_array_size(list);
	return 0;
}

static int svn_get(const json_t *object, const char *name, uint8_t *svn, struct error *err)
{
	uint64_t n;

	if (json_get_u64(object, "min_tcb", name, 255, &n, err) < 0)
		return -1;
	*svn = (uint8_t)n;
	return 0;
}

static int min_tcb_get(const json_t *root, struct snp_policy *p, struct error *err)
{
	static const char *const members[] = {
		"bootloader", "tee", "snp", "microcode", "fmc", NULL
	};
	json_t *object;

	if (json_opt_object(root, where, "min_tcb", &object, err) < 0)
		return -1;
	if (!object)
		return 0;
	if (json_only_members(object, "min_tcb", members, err) < 0 ||
	    svn_get(object, "bootloader", &p->min_tcb.bootloader, err) < 0 ||
	    svn_get(object, "tee", &p->min_tcb.tee, err) < 0 ||
	    svn_get(object, "snp", &p->min_tcb.snp, err) < 0 ||
	    svn_get(object, "microcode", &p->min_tcb.microcode, err) < 0)
		return -1;
	p->has_min_tcb = true;
	p->min_tcb.has_fmc = json_object_get(object, "fmc");
	return p->min_tcb.has_fmc ? svn_get(object, "fmc", &p->min_tcb.fmc, err) : 0;
}

static int products_get(const json_t *root, struct snp_policy *p, struct error *err)
{
	json_t *list, *item;
	size_t i;

	if (json_opt_array(root, where, "products", 3, &list, err) < 0)
		return -1;
	if (!list)
		return 0;
	json_array_foreach (list, i, item) {
		enum snp_product product = json_is_string(item)
						   ? snp_product_from_name(json_string_value(item))
						   : SNP_PRODUCT_UNKNOWN;
		if (product == SNP_PRODUCT_UNKNOWN)
			return error_input(err,
					   "product %zu of %s is not \"Milan\", \"Genoa\" or "
					   "\"Turin\"",
					   i, where);
		p->products |= 1U << product;
	}
	if (!p->products)
		return error_input(err, "\"products\" of %s is empty: nothing could pass", where);
	return 0;
}

static int switches_get(const json_t *root, struct snp_policy *p, struct error *err)
{
	bool allow_smt = true;
	uint64_t vmpl = 0;

	if (json_opt_u64(root, where, "vmpl", 3, &vmpl, err) < 0 ||
	    json_opt_bool(root, where, "allow_debug", &p->allow_debug, err) < 0 ||
	    json_opt_bool(root, where, "allow_migration_agent", &p->allow_migration_agent, err) <
		    0 ||
	    json_opt_bool(root, where, "allow_smt", &allow_smt, err) < 0 ||
	    json_opt_bool(root, where, "require_single_socket", &p->require_single_socket, err) < 0)
		return -1;
	p->forbid_smt = !allow_smt;
	p->vmpl = (uint32_t)vmpl;
	return 0;
}

int snp_policy_parse(const uint8_t *bytes, size_t size, struct snp_policy **policy,
		     struct error *err)
{
	static const char *const members[] = { "measurements",  "host_data",
					       "id_key_digest", "author_key_digest",
					       "min_tcb",       "vmpl",
					       "allow_debug",   "allow_migration_agent",
					       "allow_smt",     "require_single_socket",
					       "products",      NULL };
	cleanup_json json_t *root = NULL;
	cleanup_snp_policy struct snp_policy *p = calloc(1, sizeof(*p));

	if (!p)
		return error_memory(err);
	if (json_parse(bytes, size, SNP_POLICY_MAX_BYTES, &root, err) < 0)
		return -1;
	if (!json_is_object(root))
		return error_input(err, "%s is not a JSON object", where);
	if (json_only_members(root, where, members, err) < 0 ||
	    measurements_get(root, p, err) < 0 ||
	    digest_get(root, "host_data", p->host_data, sizeof(p->host_data), &p->has_host_data,
		       err) < 0 ||
	    digest_get(root, "id_key_digest", p->id_key_digest, SNP_DIGEST_BYTES,
		       &p->has_id_key_digest, err) < 0 ||
	    digest_get(root, "author_key_digest", p->author_key_digest, SNP_DIGEST_BYTES,
		       &p->has_author_key_digest, err) < 0)
		return -1;
	if (min_tcb_get(root, p, err) < 0 || switches_get(root, p, err) < 0 ||
	    products_get(root, p, err) < 0)
		return -1;
	*policy = take_ptr(p);
	return 0;
}

void snp_policy_free(struct snp_policy *policy)
{
	if (!policy)
		return;
	free(policy->measurements);
	free(policy);
}

/* Adds `value`, taking it; false when there is no memory for any of it. */
static bool put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static bool put_hex(json_t *object, const char *name, const uint8_t *bytes, size_t size)
{
	char text[2 * SNP_DIGEST_BYTES + 1];

	hex_encode(bytes, size, text);
	return put(object, name, json_string(text));
}

static bool lists_put(json_t *root, const struct snp_policy *p)
{
	char text[2 * SNP_DIGEST_BYTES + 1];
	json_t *measurements = json_array();
	bool ok = put(root, "measurements", measurements);

	for (size_t i = 0; i < p->measurement_count; i++) {
		hex_encode(p->measurements[i], SNP_DIGEST_BYTES, text);
		ok = ok && json_array_append_new(measurements, json_string(text)) == 0;
	}
	if (!p->products)
		return ok;
	json_t *products = json_array();
	ok = put(root, "products", products) && ok;
	for (int product = SNP_MILAN; product <= SNP_TURIN; product++)
		if (p->products & 1U << product)
			ok = ok && json_array_append_new(products,
							 json_string(snp_product_name(
								 (enum snp_product)product))) == 0;
	return ok;
}

int snp_policy_json(const struct snp_policy *p, json_t **json, struct error *err)
{
	cleanup_json json_t *root = json_object();
	bool ok = lists_put(root, p);

	if (p->has_host_data)
		ok = put_hex(root, "host_data", p->host_data, SNP_HOST_DATA_BYTES) && ok;
	if (p->has_id_key_digest)
		ok = put_hex(root, "id_key_digest", p->id_key_digest, SNP_DIGEST_BYTES) && ok;
	if (p->has_author_key_digest)
		ok = put_hex(root, "author_key_digest", p->author_key_digest, SNP_DIGEST_BYTES) &&
		     ok;
	if (p->has_min_tcb)
		ok = put(root, "min_tcb", snp_tcb_json(&p->min_tcb)) && ok;
	if (p->vmpl)
		ok = put(root, "vmpl", json_integer(p->vmpl)) && ok;
	if (p->allow_debug)
		ok = put(root, "allow_debug", json_true()) && ok;
	if (p->allow_migration_agent)
		ok = put(root, "allow_migration_agent", json_true()) && ok;
	if (p->forbid_smt)
		ok = put(root, "allow_smt", json_false()) && ok;
	if (p->require_single_socket)
		ok = put(root, "require_single_socket", json_true()) && ok;
	if (!ok)
		return error_memory(err);
	*json = take_ptr(root);
	return 0;
}
