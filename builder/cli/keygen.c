// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "builder/cli/keyfile.h"

const struct command_option keygen_options[] = {
	{ 'o', "output", "KEY", "the file to make; one that exists is never overwritten" },
	{ 0 },
};

int cmd_keygen(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_secret struct secret *key = NULL;
	cleanup_output struct output *out = NULL;
	const char *path = NULL;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		path = optarg;
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!path)
		return error_usage(err, "keygen: where to: -o KEY");
	if (keyfile_new(path, &key, err) < 0 || keyfile_write(path, key, &out, err) < 0 ||
	    output_commit(out, err) < 0)
		return error_prefix(err, "making a key");
	return 0;
}
