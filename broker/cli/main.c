// SPDX-License-Identifier: Apache-2.0
#include "broker/cli/cli.h"
#include "common/secret.h"

static const struct command commands[] = {
	{ "init", cmd_init, "--store FILE [--store-key FILE]",
	  "make a store, and the key that its secrets are encrypted under", init_options, NULL },
	{ "add", cmd_add, "--store FILE --path REPO/TYPE/TAG --secret FILE --policy POLICY.json",
	  "store a secret, and who may have it", add_options,
	  "A broker that is serving gives it out from then on.\n\n"
	  "Example:\n"
	  "  podseal-broker add --store broker.db --path podseal/key/0123456789abcdef \\\n"
	  "      --secret pod.key --policy policy.json" },
	{ "remove", cmd_remove, "--store FILE --path REPO/TYPE/TAG", "take a secret out again",
	  remove_options, NULL },
	{ "list", cmd_list, "--store FILE [--json]", "print what is in a store, without secrets",
	  list_options, NULL },
	{ "serve", cmd_serve, "--store FILE --listen ADDRESS [OPTION]...",
	  "give secrets to guests that attest", serve_options,
	  "Logs one line for each request on standard error. SIGTERM ends it when the requests\n"
	  "that are under way have been answered.\n\n"
	  "Example:\n"
	  "  podseal-broker serve --store broker.db --listen 0.0.0.0:8080 --vek-dir certificates" },
	{ "audit", cmd_audit, "--store FILE [--verify [--anchor N:HASH]] [--json]",
	  "print every request and its verdict, or check that none is missing", audit_options,
	  NULL },
	{ 0 },
};

static const struct program program = {
	.name = "podseal-broker",
	.summary = "give keys to guests that prove what they are",
	.commands = commands,
	.details = "Exit codes: 0 done, 1 the thing checked does not hold, 2 bad usage, 3 bad "
		   "input,\n4 the system failed. `podseal policy` writes a policy.",
};

int main(int argc, char **argv)
{
	secret_forbid_core_dumps();
	return command_main(&program, argc, argv);
}
