// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>

#include "attest/ovmf.h"
#include "builder/boot/uki.h"
#include "builder/cli/kata_result.h"
#include "builder/cli/kernel_files.h"
#include "common/io.h"
#include "common/number.h"
#include "verity/image.h"

enum {
	OPT_JSON = 256,
	OPT_RUNTIME,
	OPT_MODE,
	OPT_BIND,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_FIRMWARE,
	OPT_VCPUS,
	OPT_APPEND,
	OPT_NAME,
	OPT_NODE_DIR,
};

/* Kata starts SNP guests with no other: cpuModel() in virtcontainers/qemu_amd64.go, and
 * cmdline_generator.rs. */
static const char snp_cpu[] = "EPYC-v4";

const struct command_option kata_config_options[] = {
	{ OPT_RUNTIME, "runtime", "rust|go", "which of Kata's runtimes (default rust)" },
	{ OPT_MODE, "mode", "extension|uki",
	  "the image as a guest extension, beside kernel and\n"
	  "initrd (Kata 4.1 and later; the default); or as the\n"
	  "guest's image, with a UKI as the kernel" },
	{ OPT_KERNEL, "kernel", "K", "the kernel, or in mode uki the UKI" },
	{ OPT_INITRD, "initrd", "I", "the initrd, in mode extension" },
	{ OPT_FIRMWARE, "firmware", "F", "the firmware: OVMF's AMDSEV.fd" },
	{ OPT_VCPUS, "vcpus", "N,N...",
	  "measure pods of these sizes; the first is that of a\npod without limits (default 1)" },
	{ OPT_BIND, "bind", "seal|initdata|signature",
	  "how the guest knows its image: by its digest on the\n"
	  "command line (the default), by initdata, or by its\n"
	  "signature and a certificate in the initrd" },
	{ OPT_APPEND, "append", "STR", "more kernel parameters, such as podseal.kbs=URL" },
	{ OPT_NAME, "name", "NAME", "call the RuntimeClass kata-NAME (default podseal)" },
	{ OPT_NODE_DIR, "node-dir", "DIR",
	  "where the files lie on the nodes\n(default /opt/podseal)" },
	{ 'o', "output", "DIR", "write all files there; else the configuration is\nprinted" },
	{ OPT_JSON, "json", NULL, "print all of it as one JSON object" },
	{ 0 },
};

struct request {
	struct kata_config config;
	const char *image, *kernel, *initrd, *firmware; /* here, not on the node */
	const char *node_dir, *output;
	char *node_paths[4];
	unsigned vcpus[KATA_SIZES_MAX];
	size_t size_count;
	bool json;
};

static void request_clear(struct request *r)
{
	for (size_t i = 0; i < sizeof(r->node_paths) / sizeof(r->node_paths[0]); i++)
		free(r->node_paths[i]);
}

static int take_choice(const char *option, const char *const *names, int count, int *value,
		       struct error *err)
{
	for (int i = 0; i < count; i++)
		if (strcmp(optarg, names[i]) == 0) {
			*value = i;
			return 0;
		}
	return error_usage(err, "kata-config: --%s \"%s\": see podseal help kata-config", option,
			   optarg);
}

static int take_sizes(struct request *r, const char *text, struct error *err)
{
	cleanup_free char *list = strdup(text);
	char *rest = list;
	uint64_t vcpus;

	if (!list)
		return error_memory(err);
	r->size_count = 0;
	for (char *one; (one = strsep(&rest, ","));) {
		if (r->size_count == KATA_SIZES_MAX)
			return error_usage(err, "kata-config: more than %d sizes in --vcpus",
					   KATA_SIZES_MAX);
		if (number_parse(one, 1, KATA_VCPUS_MAX, &vcpus, err) < 0)
			return error_prefix(err, "kata-config: --vcpus");
		r->vcpus[r->size_count++] = (unsigned)vcpus;
	}
	return 0;
}

static int take_option(struct request *r, int id, struct error *err)
{
	int choice = 0;
	const struct command_text texts[] = {
		{ OPT_KERNEL, &r->kernel },
		{ OPT_INITRD, &r->initrd },
		{ OPT_FIRMWARE, &r->firmware },
		{ OPT_APPEND, &r->config.append },
		{ OPT_NAME, &r->config.name },
		{ OPT_NODE_DIR, &r->node_dir },
		{ 'o', &r->output },
	};

	command_take_text(texts, sizeof(texts) / sizeof(texts[0]), id);
	switch (id) {
	case '?':
		return -1;
	case OPT_JSON:
		r->json = true;
		return 0;
	case OPT_VCPUS:
		return take_sizes(r, optarg, err);
	case OPT_RUNTIME:
		if (take_choice("runtime", kata_runtime_names, 2, &choice, err) < 0)
			return -1;
		r->config.runtime = (enum kata_runtime)choice;
		return 0;
	case OPT_MODE:
		if (take_choice("mode", kata_mode_names, 2, &choice, err) < 0)
			return -1;
		r->config.mode = (enum kata_mode)choice;
		return 0;
	case OPT_BIND:
		if (take_choice("bind", kata_bind_names, 3, &choice, err) < 0)
			return -1;
		r->config.bind = (enum kata_bind)choice;
		return 0;
	default:
		return 0;
	}
}

static int check_request(const struct request *r, struct error *err)
{
	bool uki = r->config.mode == KATA_UKI;

	if (!r->kernel || !r->firmware)
		return error_usage(err, "kata-config: needs --kernel and --firmware, which are "
					"measured");
	if (!uki && !r->initrd)
		return error_usage(err, "kata-config: mode extension needs --initrd");
	if (uki && r->initrd)
		return error_usage(err, "kata-config: in mode uki the initrd is in the UKI, which "
					"--kernel names");
	return 0;
}

static int node_path(struct request *r, size_t i, const char *file, const char **path,
		     struct error *err)
{
	const char *slash = strrchr(file, '/');

	if (asprintf(&r->node_paths[i], "%s/%s", r->node_dir, slash ? slash + 1 : file) < 0) {
		r->node_paths[i] = NULL;
		return error_memory(err);
	}
	*path = r->node_paths[i];
	return 0;
}

static int place_on_node(struct request *r, struct error *err)
{
	struct kata_config *c = &r->config;

	if (node_path(r, 0, r->image, &c->image, err) < 0 ||
	    node_path(r, 1, r->kernel, &c->kernel, err) < 0 ||
	    node_path(r, 2, r->firmware, &c->firmware, err) < 0)
		return -1;
	return r->initrd ? node_path(r, 3, r->initrd, &c->initrd, err) : 0;
}

static int read_image(const struct request *r, char seal[SEAL_DIGEST_TEXT_BYTES], struct error *err)
{
	cleanup_image struct image *image = NULL;

	if (image_open(r->image, &image, err) < 0)
		return -1;
	if (r->config.bind == KATA_BIND_SIGNATURE && image->seal.signature_bytes == 0)
		return error_input(err, "%s: has no signature, so no guest would start it by one",
				   r->image);
	if (image->descriptor.arch != DESCRIPTOR_X86_64)
		return error_input(err, "%s: not an image for x86-64, as SNP guests are", r->image);
	if (!image->descriptor.has_kata_policy)
		return error_input(err,
				   "%s: not sealed with --kata, so nothing in it would keep "
				   "other containers out",
				   r->image);
	seal_digest_to_text(image->seal_digest, seal);
	return 0;
}

/* A kernel alone would boot, and find no podseal-init. */
static int check_uki(const struct request *r, struct error *err)
{
	cleanup_free uint8_t *bytes = NULL;
	size_t size;

	if (r->config.mode != KATA_UKI)
		return 0;
	if (file_read(r->kernel, UKI_MAX_BYTES, &bytes, &size, err) < 0)
		return -1;
	if (uki_check(bytes, size, err) < 0)
		return error_prefix(err, "%s", r->kernel);
	return 0;
}

static int measure_sizes(const struct request *r, struct kata_result *result, struct error *err)
{
	cleanup_free uint8_t *firmware = NULL;
	struct measure_kernel kernel;
	struct measure_launch launch = {
		.mode = MEASURE_SNP,
		.kernel = &kernel,
		.guest_features = MEASURE_SNP_FEATURES,
	};
	uint8_t digest[MEASURE_MAX_BYTES];
	size_t size;

	if (file_read(r->firmware, OVMF_MAX_BYTES, &firmware, &launch.firmware_size, err) < 0 ||
	    kernel_files_hash(r->kernel, r->initrd, result->cmdline, &kernel, err) < 0 ||
	    measure_vcpu_type(snp_cpu, &launch.vcpu_signature, err) < 0)
		return -1;
	launch.firmware = firmware;
	for (size_t i = 0; i < r->size_count; i++) {
		launch.vcpus = r->vcpus[i];
		if (measure_launch(&launch, digest, &size, err) < 0)
			return error_prefix(err, "%s", r->firmware);
		kata_result_add_size(result, r->vcpus[i], digest, size);
	}
	return 0;
}

static int configure(struct request *r, struct error *err)
{
	CLEANUP(kata_result_clear) struct kata_result result = { 0 };
	char seal[SEAL_DIGEST_TEXT_BYTES];

	if (place_on_node(r, err) < 0 || read_image(r, seal, err) < 0)
		return -1;
	r->config.seal = seal;
	r->config.vcpus = r->vcpus[0];
	if (kata_config_check(&r->config, err) < 0)
		return error_prefix(err, "kata-config");
	if (check_uki(r, err) < 0 || kata_result_fill(&r->config, &result, err) < 0 ||
	    measure_sizes(r, &result, err) < 0 ||
	    (r->output && kata_result_write(&r->config, &result, r->output, err) < 0))
		return -1;
	if (r->json)
		return kata_result_print_json(&r->config, &result, err);
	if (r->output)
		kata_result_print_next(&r->config, &result, r->image, r->output);
	else
		fputs(result.toml, stdout);
	return 0;
}

int cmd_kata_config(const struct command *self, int argc, char **argv, struct error *err)
{
	CLEANUP(request_clear)
	struct request r = {
		.config.name = "podseal",
		.node_dir = "/opt/podseal",
		.vcpus = { 1 },
		.size_count = 1,
	};
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1)
		if (take_option(&r, id, err) < 0)
			return -1;
	if (command_operands(self, argc, 1, err) < 0 || check_request(&r, err) < 0)
		return -1;
	r.image = argv[optind];
	if (configure(&r, err) < 0)
		return err->kind == ERROR_USAGE ? -1 : error_prefix(err, "configuring Kata");
	return 0;
}
