// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "common/output.h"

static const struct command commands[] = {
	{ "build", cmd_build, "--base REF [OPTION]... -o OUT.img",
	  "flatten images into one sealed disk image", build_options,
	  "REF is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF] or\n"
	  "rootfs:DIR-or-TAR. Beside OUT.img it leaves OUT.img.seal.json (the public descriptor)\n"
	  "and OUT.img.record.json (private: what the image was built from).\n\n"
	  "Example:\n"
	  "  podseal build --base oci:base --container web=oci:web --sidecar mesh=oci:mesh \\\n"
	  "      --key-out pod.key -o pod.img" },
	{ "keygen", cmd_keygen, "-o KEY", "make a volume key: 64 random bytes, mode 0600",
	  keygen_options, NULL },
	{ "inspect", cmd_inspect, "IMG [--json]",
	  "say what an image holds, as far as no key is needed", inspect_options, NULL },
	{ "ls", cmd_ls, "IMG [PATH] [--key KEY] [OPTION]...", "list files inside an image",
	  ls_options, NULL },
	{ "cat", cmd_cat, "IMG PATH [--key KEY]", "print a file from inside an image", cat_options,
	  NULL },
	{ "extract", cmd_extract, "IMG PATH [--key KEY] [-o DIR]",
	  "copy files out of an image, as a tar or into a directory", extract_options, NULL },
	{ "check", cmd_check, "IMG [--key KEY] --record RECORD",
	  "check that an image decrypts to what its record says", check_options, NULL },
	{ 0 },
};

static const struct program program = {
	.name = "podseal",
	.summary = "seal pod images: dm-crypt under dm-verity, built without privileges",
	.commands = commands,
	.details =
		"Exit codes: 0 done, 1 the thing checked does not hold, 2 bad usage, 3 bad input,\n"
		"4 the system failed. `podseal-verity` checks an image without any key.",
};

int main(int argc, char **argv)
{
	output_guard_signals();
	return command_main(&program, argc, argv);
}
