// SPDX-License-Identifier: Apache-2.0
#include "verity/cli/cli.h"

static const struct command commands[] = {
	{ "verify", cmd_verify,
	  "IMG [--seal sha256:HEX] [--trust CERT]... [OPTION]... | DATA HASH ROOT [OPTION]...",
	  "check every block of an image, or of DATA against HASH", verify_options,
	  "Of an image it checks the partition table, the descriptor and every block of every\n"
	  "volume. --seal or --trust says which descriptor to expect; without either, the image "
	  "is\n"
	  "only known to agree with itself. Three operands are as in `veritysetup verify`: two\n"
	  "files (or devices) and the root hash in hexadecimal." },
	{ "root", cmd_root, "IMG", "print the root hashes and the seal digest of an image", NULL,
	  "Prints what the image claims; only `verify` checks it." },
	{ "format", cmd_format, "DATA HASH [OPTION]...",
	  "make the hash area of DATA in the file HASH", format_options,
	  "The same bytes as `veritysetup format`. The root hash stands alone on the last line." },
	{ "dump", cmd_dump, "HASH", "print what a superblock says", NULL, NULL },
	{ 0 },
};

static const struct program program = {
	.name = "podseal-verity",
	.summary = "verify sealed images without a key",
	.commands = commands,
	.details = "Example:\n  podseal-verity verify --seal sha256:0123... pod.img",
};

int main(int argc, char **argv)
{
	return command_main(&program, argc, argv);
}
