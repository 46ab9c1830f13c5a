// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>

#include "builder/boot/uki.h"
#include "common/io.h"
#include "common/output.h"
#include "common/version.h"

enum { OPT_KERNEL = 256, OPT_INITRD, OPT_STUB, OPT_CMDLINE, OPT_OS_RELEASE };

const struct command_option uki_options[] = {
	{ OPT_KERNEL, "kernel", "K", "the kernel, an EFI program (a bzImage is one)" },
	{ OPT_INITRD, "initrd", "I", "the initrd" },
	{ OPT_CMDLINE, "cmdline", "STR", "the kernel command line, measured with the rest" },
	{ OPT_STUB, "stub", "S",
	  "systemd's stub (default: the one for the kernel's\nmachine in "
	  "/usr/lib/systemd/boot/efi)" },
	{ OPT_OS_RELEASE, "os-release", "FILE", "what boot menus show (default: podseal itself)" },
	{ 'o', "output", "UKI.efi", "the file to make" },
	{ 0 },
};

static const char default_os_release[] = "ID=podseal\n"
					 "VERSION_ID=" PODSEAL_VERSION "\n"
					 "PRETTY_NAME=\"podseal guest " PODSEAL_VERSION "\"\n";

struct request {
	const char *kernel, *initrd, *stub, *cmdline, *os_release, *output;
};

/* What the parts are read into. */
struct inputs {
	uint8_t *kernel, *initrd, *stub, *os_release;
};

static void inputs_release(struct inputs *in)
{
	free(in->kernel);
	free(in->initrd);
	free(in->stub);
	free(in->os_release);
}

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
			struct error *err)
{
	const struct command_text texts[] = {
		{ OPT_KERNEL, &r->kernel },
		{ OPT_INITRD, &r->initrd },
		{ OPT_STUB, &r->stub },
		{ OPT_CMDLINE, &r->cmdline },
		{ OPT_OS_RELEASE, &r->os_release },
		{ 'o', &r->output },
	};
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		command_take_text(texts, sizeof(texts) / sizeof(texts[0]), id);
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!r->kernel)
		return error_usage(err, "uki: which kernel: --kernel K");
	if (!r->output)
		return error_usage(err, "uki: where to: -o UKI.efi");
	return 0;
}

static int read_part(const char *path, uint8_t **bytes, struct uki_part *part, struct error *err)
{
	if (file_read(path, UKI_MAX_BYTES, bytes, &part->size, err) < 0)
		return -1;
	part->bytes = *bytes;
	return 0;
}

static int read_stub(const struct request *r, const struct uki_part *kernel, struct inputs *in,
		     struct uki_part *stub, struct error *err)
{
	char path[128];
	const char *machine;

	if (r->stub)
		return read_part(r->stub, &in->stub, stub, err);
	if (uki_machine(kernel, &machine, err) < 0)
		return error_prefix(err, "%s", r->kernel);
	(void)snprintf(path, sizeof(path), "/usr/lib/systemd/boot/efi/linux%s.efi.stub", machine);
	if (read_part(path, &in->stub, stub, err) < 0)
		return error_prefix(err, "systemd's stub (Debian: systemd-boot-efi; or --stub S)");
	return 0;
}

static int make(const struct request *r, struct error *err)
{
	CLEANUP(inputs_release) struct inputs in = { 0 };
	struct uki_options options = {
		.cmdline = r->cmdline,
		.os_release = { (const uint8_t *)default_os_release, strlen(default_os_release) },
	};
	cleanup_free uint8_t *uki = NULL;
	size_t size;

	if (output_try(r->output, 0666, err) < 0 ||
	    read_part(r->kernel, &in.kernel, &options.kernel, err) < 0 ||
	    read_stub(r, &options.kernel, &in, &options.stub, err) < 0 ||
	    (r->initrd && read_part(r->initrd, &in.initrd, &options.initrd, err) < 0) ||
	    (r->os_release &&
	     read_part(r->os_release, &in.os_release, &options.os_release, err) < 0) ||
	    uki_build(&options, &uki, &size, err) < 0)
		return -1;
	return output_write_file(r->output, 0666, uki, size, err);
}

int cmd_uki(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };

	if (read_request(self, argc, argv, &r, err) < 0)
		return -1;
	if (make(&r, err) < 0)
		return error_prefix(err, "making a UKI");
	return 0;
}
