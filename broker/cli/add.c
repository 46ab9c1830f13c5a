// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <stdio.h>

#include <jansson.h>

#include "attest/snp_policy.h"
#include "common/io.h"

enum { OPT_PATH = OPT_OWN, OPT_SECRET, OPT_POLICY };

const struct command_option add_options[] = {
	{ OPT_STORE, "store", "FILE", "the store" },
	{ OPT_STORE_KEY, "store-key", "FILE", STORE_KEY_HELP },
	{ OPT_PATH, "path", "REPO/TYPE/TAG", "the resource's path: an image's key_id" },
	{ OPT_SECRET, "secret", "FILE",
	  "its bytes, at most 64 KiB: a key of `podseal\nkeygen`; refused where others may read "
	  "it" },
	{ OPT_POLICY, "policy", "POLICY.json", "who may have it, as `podseal policy` writes it" },
	{ OPT_JSON, "json", NULL, "print the result as one JSON object" },
	{ 0 },
};

struct request {
	const char *store, *store_key, *path, *secret, *policy;
	bool json;
};

static void option_take(struct request *r, int id)
{
	switch (id) {
	case OPT_STORE:
		r->store = optarg;
		break;
	case OPT_STORE_KEY:
		r->store_key = optarg;
		break;
	case OPT_PATH:
		r->path = optarg;
		break;
	case OPT_SECRET:
		r->secret = optarg;
		break;
	case OPT_POLICY:
		r->policy = optarg;
		break;
	default:
		r->json = true;
	}
}

/* A text that is a policy, so that none is stored that could never be kept. */
static int policy_read(const char *path, uint8_t **text, size_t *size, struct error *err)
{
	cleanup_snp_policy struct snp_policy *policy = NULL;
	cleanup_free uint8_t *t = NULL;
	size_t n;

	if (file_read(path, STORE_POLICY_MAX_BYTES, &t, &n, err) < 0)
		return -1;
	if (snp_policy_parse(t, n, &policy, err) < 0)
		return error_prefix(err, "%s", path);
	*text = take_ptr(t);
	*size = n;
	return 0;
}

static int add(const struct request *r, struct error *err)
{
	cleanup_store struct store *store = NULL;
	cleanup_secret struct secret *secret = NULL;
	cleanup_free uint8_t *policy = NULL;
	size_t policy_size = 0;

	if (policy_read(r->policy, &policy, &policy_size, err) < 0 ||
	    secret_read_file_upto(r->secret, STORE_SECRET_MAX_BYTES, &secret, err) < 0 ||
	    store_open_with_key(r->store, r->store_key, &store, err) < 0 ||
	    store_add(store, r->path, secret, (const char *)policy, policy_size, now_ms(), err) < 0)
		return error_prefix(err, "adding a resource");
	if (r->json)
		printf("{\"path\": \"%s\", \"bytes\": %zu}\n", r->path, secret->size);
	else
		printf("added %s, %zu bytes\n", r->path, secret->size);
	return 0;
}

int cmd_add(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		option_take(&r, id);
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!r.store || !r.path || !r.secret || !r.policy)
		return error_usage(err, "add: needs --store, --path, --secret and --policy");
	return add(&r, err);
}
