// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <stdio.h>

#include <jansson.h>

const struct command_option init_options[] = {
	{ OPT_STORE, "store", "FILE", "the store to make" },
	{ OPT_STORE_KEY, "store-key", "FILE", "the store key to make (default: FILE.key)" },
	{ OPT_JSON, "json", NULL, "print the result as one JSON object" },
	{ 0 },
};

static void print_result(const char *store, const char *key, bool json)
{
	if (!json) {
		printf("made %s, and its key %s: keep a copy of the key apart from the store\n",
		       store, key);
		return;
	}
	json_t *out = json_pack("{s:s, s:s}", "store", store, "store_key", key);
	(void)json_dumpf(out, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(out);
}

int cmd_init(const struct command *self, int argc, char **argv, struct error *err)
{
	const char *store = NULL, *key = NULL;
	cleanup_free char *beside = NULL;
	bool json = false;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		if (id == OPT_STORE)
			store = optarg;
		else if (id == OPT_STORE_KEY)
			key = optarg;
		else
			json = true;
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!store)
		return error_usage(err, "init: needs --store FILE");
	if (!key && !(beside = store_key_beside(store)))
		return error_memory(err);
	if (store_create(store, key ? key : beside, err) < 0)
		return error_prefix(err, "making a store");
	print_result(store, key ? key : beside, json);
	return 0;
}
