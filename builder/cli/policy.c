// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>

#include "attest/snp_policy.h"
#include "builder/kata/initdata.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "common/output.h"
#include "verity/image.h"

enum {
	OPT_JSON = 256,
	OPT_MEASUREMENT,
	OPT_HOST_DATA,
	OPT_INITDATA,
	OPT_ID_KEY_DIGEST,
	OPT_PRODUCT,
	INITDATA_MAX_BYTES = 1 << 20
};

const struct command_option policy_options[] = {
	{ OPT_MEASUREMENT, "measurement", "HEX",
	  "a launch digest that may have the key, from\n`podseal measure`; once for each pod "
	  "size" },
	{ OPT_HOST_DATA, "host-data", NULL,
	  "HOST_DATA must be the image's seal digest, for\nguests with podseal.bind=host-data" },
	{ OPT_INITDATA, "initdata", "FILE",
	  "HOST_DATA must be the digest of this initdata, for\nguests with podseal.bind=initdata" },
	{ OPT_ID_KEY_DIGEST, "id-key-digest", "HEX", "the ID block must be signed by this key" },
	{ OPT_PRODUCT, "product", "NAME", "Milan, Genoa or Turin; more than once for several" },
	{ 'o', "output", "POLICY.json", "the file to write" },
	{ OPT_JSON, "json", NULL, "print the result as one JSON object" },
	{ 0 },
};

struct request {
	struct snp_policy policy;
	const char *output, *initdata;
	bool json;
};

static void request_clear(struct request *r)
{
	free(r->policy.measurements);
}

static int measurement_add(struct snp_policy *p, const char *hex, struct error *err)
{
	if (p->measurement_count == SNP_POLICY_MEASUREMENTS_MAX)
		return error_usage(err, "more than %d measurements", SNP_POLICY_MEASUREMENTS_MAX);
	void *grown = reallocarray(p->measurements, p->measurement_count + 1, SNP_DIGEST_BYTES);
	if (!grown)
		return error_memory(err);
	p->measurements = grown;
	if (hex_decode(hex, p->measurements[p->measurement_count], SNP_DIGEST_BYTES, err) < 0)
		return error_prefix(err, "measurement \"%s\"", hex);
	p->measurement_count++;
	return 0;
}

static int option_take(struct request *r, int id, struct error *err)
{
	struct snp_policy *p = &r->policy;
	enum snp_product product;

	switch (id) {
	case OPT_MEASUREMENT:
		return measurement_add(p, optarg, err);
	case OPT_HOST_DATA:
		p->has_host_data = true;
		return 0;
	case OPT_INITDATA:
		r->initdata = optarg;
		return 0;
	case OPT_ID_KEY_DIGEST:
		p->has_id_key_digest = true;
		return hex_decode(optarg, p->id_key_digest, SNP_DIGEST_BYTES, err) < 0
			       ? error_prefix(err, "ID key digest \"%s\"", optarg)
			       : 0;
	case OPT_PRODUCT:
		product = snp_product_from_name(optarg);
		if (product == SNP_PRODUCT_UNKNOWN)
			return error_usage(
				err, "policy: product \"%s\" is not Milan, Genoa or Turin", optarg);
		p->products |= 1U << product;
		return 0;
	case OPT_JSON:
		r->json = true;
		return 0;
	default:
		r->output = optarg;
		return 0;
	}
}

/* The paths at which a guest of this image will ask for keys. */
static json_t *key_ids(const struct descriptor *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++)
		if (d->volumes[i].sealed)
			(void)json_array_append_new(list, json_string(d->volumes[i].crypt.key_id));
	return list;
}

static int print_result(const struct request *r, const struct image *image, json_t *keys,
			json_t *policy, struct error *err)
{
	char digest[SEAL_DIGEST_TEXT_BYTES];
	cleanup_json json_t *out = NULL;
	json_t *key;
	size_t i;

	seal_digest_to_text(image->seal_digest, digest);
	if (!r->json) {
		printf("policy for %s\nadd the key with it to the broker:\n", digest);
		json_array_foreach (keys, i, key)
			printf("  podseal-broker add --store FILE --path %s --secret KEY --policy "
			       "%s\n",
			       json_string_value(key), r->output);
		return 0;
	}
	out = json_pack("{s:s, s:O, s:O}", "seal_digest", digest, "key_ids", keys, "policy",
			policy);
	if (!out)
		return error_memory(err);
	return json_print(out, err);
}

/* HOST_DATA as Kata makes it of the pod's initdata. A guest that this names no image to starts
 * none.
 */
static int host_data_from_initdata(struct request *r, const char *seal, struct error *err)
{
	cleanup_free uint8_t *toml = NULL;
	size_t size;

	if (file_read(r->initdata, INITDATA_MAX_BYTES, &toml, &size, err) < 0)
		return -1;
	if (strlen((char *)toml) != size || !strstr((char *)toml, seal))
		return error_input(err, "%s: does not name the image's seal %s", r->initdata, seal);
	r->policy.has_host_data = true;
	kata_initdata_host_data((char *)toml, r->policy.host_data);
	return 0;
}

static int host_data_set(struct request *r, const struct image *image, struct error *err)
{
	char seal[SEAL_DIGEST_TEXT_BYTES];

	if (r->policy.has_host_data)
		memcpy(r->policy.host_data, image->seal_digest, SEAL_DIGEST_BYTES);
	if (!r->initdata)
		return 0;
	seal_digest_to_text(image->seal_digest, seal);
	return host_data_from_initdata(r, seal, err);
}

static int policy_make(struct request *r, const char *path, struct error *err)
{
	cleanup_image struct image *image = NULL;
	cleanup_json json_t *policy = NULL, *keys = NULL;
	cleanup_free char *text = NULL;

	_Static_assert((int)SEAL_DIGEST_BYTES == (int)SNP_HOST_DATA_BYTES,
		       "HOST_DATA holds a seal digest");
	if (image_open(path, &image, err) < 0)
		return -1;
	if (host_data_set(r, image, err) < 0)
		return -1;
	if (snp_policy_json(&r->policy, &policy, err) < 0)
		return -1;
	keys = key_ids(&image->descriptor);
	if (json_array_size(keys) == 0)
		return error_input(err, "%s: no volume is sealed, so there is no key to give out",
				   path);
	text = json_dumps(policy, JSON_INDENT(2));
	if (!text)
		return error_memory(err);
	if (output_write_file(r->output, 0644, text, strlen(text), err) < 0)
		return -1;
	return print_result(r, image, keys, policy, err);
}

int cmd_policy(const struct command *self, int argc, char **argv, struct error *err)
{
	CLEANUP(request_clear) struct request r = { 0 };
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (id == '?' || option_take(&r, id, err) < 0)
			return -1;
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	if (!r.policy.measurement_count || !r.output)
		return error_usage(err, "policy: needs --measurement and -o");
	if (r.initdata && r.policy.has_host_data)
		return error_usage(err, "policy: --host-data and --initdata are two answers to one "
					"question");
	if (policy_make(&r, argv[optind], err) < 0)
		return error_prefix(err, "making a policy");
	return 0;
}
