// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"

#include <stdio.h>

#include "common/json.h"

const struct command_option list_options[] = {
	{ OPT_STORE, "store", "FILE", "the store; its key is not needed" },
	{ OPT_JSON, "json", NULL, "print one JSON array, with each resource's policy" },
	{ 0 },
};

static int print_list(const json_t *list, bool json, struct error *err)
{
	char time[TIME_TEXT_BYTES];
	const json_t *item;
	size_t i;

	if (json)
		return json_print(list, err);
	json_array_foreach (list, i, item)
		printf("%s  %6lld  %s\n",
		       time_text(json_integer_value(json_object_get(item, "added")), time),
		       (long long)json_integer_value(json_object_get(item, "bytes")),
		       json_string_value(json_object_get(item, "path")));
	return 0;
}

int cmd_list(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_store struct store *store = NULL;
	cleanup_json json_t *list = NULL;
	const char *path = NULL;
	bool json = false;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		if (id == OPT_STORE)
			path = optarg;
		else
			json = true;
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!path)
		return error_usage(err, "list: needs --store FILE");
	if (store_open(path, NULL, &store, err) < 0 || store_list(store, &list, err) < 0 ||
	    print_list(list, json, err) < 0)
		return error_prefix(err, "listing");
	return 0;
}
