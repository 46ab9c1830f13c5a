// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <stdio.h>

enum { OPT_PATH = OPT_OWN };

const struct command_option remove_options[] = {
	{ OPT_STORE, "store", "FILE", "the store" },
	{ OPT_STORE_KEY, "store-key", "FILE", STORE_KEY_HELP },
	{ OPT_PATH, "path", "REPO/TYPE/TAG", "the resource's path" },
	{ OPT_JSON, "json", NULL, "print the result as one JSON object" },
	{ 0 },
};

int cmd_remove(const struct command *self, int argc, char **argv, struct error *err)
{
	const char *path = NULL, *store_path = NULL, *key = NULL;
	cleanup_store struct store *store = NULL;
	bool json = false;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		if (id == OPT_STORE)
			store_path = optarg;
		else if (id == OPT_STORE_KEY)
			key = optarg;
		else if (id == OPT_PATH)
			path = optarg;
		else
			json = true;
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!store_path || !path)
		return error_usage(err, "remove: needs --store and --path");
	if (store_open_with_key(store_path, key, &store, err) < 0 ||
	    store_remove(store, path, now_ms(), err) < 0)
		return error_prefix(err, "removing a resource");
	printf(json ? "{\"removed\": \"%s\"}\n" : "removed %s\n", path);
	return 0;
}
