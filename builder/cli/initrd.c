// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>

#include "builder/boot/initrd.h"
#include "builder/cli/epoch.h"
#include "builder/cli/guest_program.h"
#include "builder/cli/mode_text.h"
#include "common/bytes_text.h"
#include "common/io.h"
#include "common/output.h"

enum { OPT_INIT = 256, OPT_MODULES, OPT_TRUST, OPT_CA, OPT_LIST, CERTIFICATES_MAX = 64 };

const struct command_option initrd_options[] = {
	{ OPT_MODULES, "modules", "DIR",
	  "the kernel's /lib/modules/VERSION; without it, a\nkernel that needs no modules" },
	{ OPT_TRUST, "trust", "CERT",
	  "trust descriptors signed by this certificate\n(PEM; may be repeated)" },
	{ OPT_CA, "ca", "CERT",
	  "trust brokers whose TLS certificate this one\nvouches for (PEM; may be repeated)" },
	{ OPT_INIT, "init", "FILE", "podseal-init (default: the one installed with podseal)" },
	{ OPT_LIST, "list", NULL, "say what is in it, also of an INITRD that is there" },
	{ 'o', "output", "INITRD", "the file to make" },
	{ 0 },
};

struct request {
	struct initrd_options initrd;
	const char *trust[CERTIFICATES_MAX], *ca[CERTIFICATES_MAX];
	const char *output, *existing;
	bool list;
};

static int add_certificate(const char **list, size_t *count, const char *path, struct error *err)
{
	if (*count == CERTIFICATES_MAX)
		return error_usage(err, "initrd: more than %d certificate files", CERTIFICATES_MAX);
	list[(*count)++] = path;
	return 0;
}

static int take_option(struct request *r, int id, struct error *err)
{
	switch (id) {
	case OPT_INIT:
		r->initrd.init = optarg;
		return 0;
	case OPT_MODULES:
		r->initrd.modules = optarg;
		return 0;
	case OPT_TRUST:
		return add_certificate(r->trust, &r->initrd.trust_count, optarg, err);
	case OPT_CA:
		return add_certificate(r->ca, &r->initrd.ca_count, optarg, err);
	case OPT_LIST:
		r->list = true;
		return 0;
	case 'o':
		r->output = optarg;
		return 0;
	default: /* '?' */
		return -1;
	}
}

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
			struct error *err)
{
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (take_option(r, id, err) < 0)
			return -1;
	if (r->list && !r->output && argc - optind == 1) {
		r->existing = argv[optind];
		if (r->initrd.init || r->initrd.modules || r->initrd.trust_count ||
		    r->initrd.ca_count)
			return error_usage(err, "initrd: --list INITRD goes without the options "
						"that make one");
		return 0;
	}
	if (command_operands(self, argc, 0, err) < 0)
		return -1;
	if (!r->output)
		return error_usage(err, "initrd: where to: -o INITRD, or --list INITRD");
	r->initrd.trust = r->trust;
	r->initrd.ca = r->ca;
	return 0;
}

static int print_file(void *context, const struct initrd_file *file, struct error *err)
{
	char path[1024], target[1024];

	(void)context;
	(void)err;
	text_escape(file->path, path, sizeof(path));
	printf("%c%04o %llu:%llu %9llu %s", mode_type_letter(file->mode), file->mode & 07777u,
	       (unsigned long long)file->uid, (unsigned long long)file->gid,
	       (unsigned long long)file->size, path);
	if (file->link_target) {
		text_escape(file->link_target, target, sizeof(target));
		printf(" -> %s", target);
	}
	putchar('\n');
	return 0;
}

static int list_existing(const char *path, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (file_read(path, INITRD_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (initrd_list(bytes, size, print_file, NULL, err) < 0)
		return error_prefix(err, "%s", path);
	return 0;
}

static int make(struct request *r, struct error *err)
{
	cleanup_free char *found = NULL;
	cleanup_free uint8_t *bytes = NULL;
	bool dated;
	size_t size;

	/* newc keeps times in 32 bits */
	if (epoch_read(UINT32_MAX, &dated, &r->initrd.timestamp, err) < 0 ||
	    output_try(r->output, 0666, err) < 0)
		return -1;
	if (!r->initrd.init) {
		if (guest_program_find("podseal-init", &found, err) < 0)
			return error_prefix(err, "--init FILE");
		r->initrd.init = found;
	}
	if (initrd_build(&r->initrd, &bytes, &size, err) < 0 ||
	    output_write_file(r->output, 0666, bytes, size, err) < 0)
		return -1;
	return r->list ? initrd_list(bytes, size, print_file, NULL, err) : 0;
}

int cmd_initrd(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };

	if (read_request(self, argc, argv, &r, err) < 0)
		return -1;
	if (r.existing) {
		if (list_existing(r.existing, err) < 0)
			return error_prefix(err, "listing an initrd");
		return 0;
	}
	if (make(&r, err) < 0)
		return err->kind == ERROR_USAGE ? -1 : error_prefix(err, "making an initrd");
	return 0;
}
