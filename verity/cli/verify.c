// SPDX-License-Identifier: Apache-2.0
#include "verity/cli/verify.h"

#include <getopt.h>
#include <stdio.h>

#include "common/json.h"
#include "verity/cli/cli.h"

enum { OPTION_SEAL = 256, OPTION_TRUST, OPTION_JSON, OPTION_THREADS };

const struct command_option verify_options[] = {
	{ OPTION_SEAL, "seal", "sha256:HEX", "the seal digest the image must have" },
	{ OPTION_TRUST, "trust", "CERT",
	  "the descriptor must be signed by this certificate (PEM),\n"
	  "or by one it vouches for; may be given several times" },
	{ OPTION_JSON, "json", NULL, "print one JSON object" },
	{ OPTION_THREADS, "threads", "N", "(default: one for each CPU)" },
	{ 0 },
};

static int option_apply(int id, struct verify_options *options, struct error *err)
{
	switch (id) {
	case OPTION_SEAL:
		options->seal = optarg;
		return 0;
	case OPTION_TRUST:
		if (options->trust_count == VERIFY_TRUST_MAX)
			return error_usage(err, "--trust: at most %d of them", VERIFY_TRUST_MAX);
		options->trust[options->trust_count++] = optarg;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_THREADS:
		return threads_parse(optarg, &options->threads, err);
	default:
		return -1;
	}
}

static int print_report(json_t *report, int verified, const struct error *failure,
			struct error *err)
{
	char text[ERROR_TEXT_BYTES];

	if (verified < 0) {
		text_escape(failure->text, text, sizeof(text));
		(void)json_object_set_new(report, "error", json_string(text));
	}
	if (json_object_set_new(report, "verified", json_boolean(verified == 0)) < 0)
		return error_memory(err);
	if (json_dumpf(report, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) < 0)
		return error_system(err, "writing to standard output");
	(void)putchar('\n');
	return 0;
}

int cmd_verify(const struct command *self, int argc, char **argv, struct error *err)
{
	struct verify_options options = { 0 };
	cleanup_json json_t *report = json_object();
	int id, verified;

	if (!report)
		return error_memory(err);
	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (option_apply(id, &options, err) < 0)
			return -1;
	bool files = argc - optind > 1;
	if (command_operands(self, argc, files ? 3 : 1, err) < 0)
		return -1;
	if (files && (options.seal || options.trust_count))
		return error_usage(err, "verify: --seal and --trust are for an image");
	if (files)
		verified = verify_files(argv[optind], argv[optind + 1], argv[optind + 2], &options,
					report, err);
	else
		verified = verify_image(argv[optind], &options, report, err);
	if (options.json) {
		struct error failure = *err;
		if (print_report(report, verified, &failure, err) < 0)
			return -1;
	}
	return verified;
}
