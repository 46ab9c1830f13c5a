// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "attest/id_block.h"
#include "attest/laboratory_report.h"
#include "attest/measure.h"
#include "attest/ovmf.h"
#include "builder/cli/kernel_files.h"
#include "common/hex.h"
#include "common/io.h"
#include "common/json.h"
#include "common/number.h"

enum {
	OPT_JSON = 256,
	OPT_MODE,
	OPT_OVMF,
	OPT_KERNEL,
	OPT_INITRD,
	OPT_CMDLINE,
	OPT_VCPUS,
	OPT_VCPU_TYPE,
	OPT_VMM_TYPE,
	OPT_GUEST_FEATURES,
	OPT_GUEST_POLICY,
	OPT_ID_KEY,
	OPT_AUTHOR_KEY,
	KEY_FILE_MAX_BYTES = 1 << 16,
};

const struct command_option measure_options[] = {
	{ OPT_MODE, "mode", "snp|sev|seves|laboratory",
	  "how the guest is protected; laboratory: not at all,\nas by run --simulate-snp without "
	  "firmware" },
	{ OPT_OVMF, "ovmf", "F", "the firmware" },
	{ OPT_KERNEL, "kernel", "K", "what QEMU gets as -kernel (kernel-hashes=on)" },
	{ OPT_INITRD, "initrd", "I", "as -initrd" },
	{ OPT_CMDLINE, "cmdline", "STR", "as -append" },
	{ OPT_VCPUS, "vcpus", "N", "how many vCPUs (default 1)" },
	{ OPT_VCPU_TYPE, "vcpu-type", "T", "QEMU's CPU model (default EPYC-v4)" },
	{ OPT_VMM_TYPE, "vmm-type", "QEMU", "who starts the guest: QEMU, and nobody else yet" },
	{ OPT_GUEST_FEATURES, "guest-features", "HEX", "SEV_FEATURES of an SNP guest (default 1)" },
	{ OPT_ID_KEY, "id-key", "KEY",
	  "sign an ID block for this launch (P-384, PEM)\nand print it in base64" },
	{ OPT_AUTHOR_KEY, "author-key", "KEY", "sign the ID key with this one" },
	{ OPT_GUEST_POLICY, "guest-policy", "HEX",
	  "the guest policy that the ID block names: what\nQEMU gets as policy= (default 30000)" },
	{ OPT_JSON, "json", NULL, "print one JSON object" },
	{ 0 },
};

struct request {
	const char *mode, *ovmf, *kernel, *initrd, *cmdline, *vcpus, *vcpu_type, *vmm_type;
	const char *guest_features, *guest_policy, *id_key, *author_key;
	bool json;
};

DEFINE_CLEANUP(cleanup_pkey_p, EVP_PKEY, EVP_PKEY_free)

static int options_read(const struct command *self, int argc, char **argv, struct request *r,
			struct error *err)
{
	const struct command_text texts[] = {
		{ OPT_MODE, &r->mode },
		{ OPT_OVMF, &r->ovmf },
		{ OPT_KERNEL, &r->kernel },
		{ OPT_INITRD, &r->initrd },
		{ OPT_CMDLINE, &r->cmdline },
		{ OPT_VCPUS, &r->vcpus },
		{ OPT_VCPU_TYPE, &r->vcpu_type },
		{ OPT_VMM_TYPE, &r->vmm_type },
		{ OPT_ID_KEY, &r->id_key },
		{ OPT_AUTHOR_KEY, &r->author_key },
		{ OPT_GUEST_FEATURES, &r->guest_features },
		{ OPT_GUEST_POLICY, &r->guest_policy },
	};
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		if (id == OPT_JSON)
			r->json = true;
		command_take_text(texts, sizeof(texts) / sizeof(texts[0]), id);
	}
	return command_operands(self, argc, 0, err);
}

static int mode_parse(const char *text, enum measure_mode *mode, struct error *err)
{
	static const char *const names[] = { "snp", "sev", "seves" };

	for (int i = 0; text && i < 3; i++)
		if (!strcmp(text, names[i])) {
			*mode = (enum measure_mode)i;
			return 0;
		}
	return error_usage(err, "measure: --mode is snp, sev, seves or laboratory");
}

/* Options that would be ignored are refused: a measurement that left something out looks like any
 * other. */
static int combination_check(const struct request *r, enum measure_mode mode, struct error *err)
{
	if (!r->ovmf)
		return error_usage(err, "measure: which firmware: --ovmf F");
	if (!r->kernel && (r->initrd || r->cmdline))
		return error_usage(err, "measure: --initrd and --cmdline need --kernel");
	if (r->vmm_type && strcasecmp(r->vmm_type, "QEMU") != 0)
		return error_usage(err, "measure: --vmm-type \"%s\" is not QEMU", r->vmm_type);
	if (mode == MEASURE_SEV && (r->vcpus || r->vcpu_type))
		return error_usage(err, "measure: SEV does not measure vCPUs");
	if (mode != MEASURE_SNP && (r->guest_features || r->id_key))
		return error_usage(err,
				   "measure: --guest-features and --id-key are for --mode snp");
	if (!r->id_key && (r->author_key || r->guest_policy))
		return error_usage(err, "measure: --author-key and --guest-policy need --id-key");
	return 0;
}

static int launch_read(const struct request *r, struct measure_launch *launch, struct error *err)
{
	uint64_t vcpus = 1;

	launch->guest_features = MEASURE_SNP_FEATURES;
	if (mode_parse(r->mode, &launch->mode, err) < 0 ||
	    combination_check(r, launch->mode, err) < 0)
		return -1;
	if (r->vcpus && number_parse(r->vcpus, 1, MEASURE_VCPUS_MAX, &vcpus, err) < 0)
		return error_prefix(err, "measure: --vcpus");
	launch->vcpus = (unsigned)vcpus;
	if (r->guest_features &&
	    hex_number_parse(r->guest_features, &launch->guest_features, err) < 0)
		return error_prefix(err, "measure: --guest-features");
	return measure_vcpu_type(r->vcpu_type ? r->vcpu_type : "EPYC-v4", &launch->vcpu_signature,
				 err);
}

static int key_read(const char *path, EVP_PKEY **key, struct error *err)
{
	cleanup_free uint8_t *pem = NULL;
	size_t size;

	if (file_read(path, KEY_FILE_MAX_BYTES, &pem, &size, err) < 0)
		return -1;
	int failed = id_key_parse(pem, size, key, err);
	explicit_bzero(pem, size);
	return failed ? error_prefix(err, "%s", path) : 0;
}

static int id_block_make(const struct request *r, const uint8_t digest[MEASURE_MAX_BYTES],
			 struct id_block_signed *result, struct error *err)
{
	CLEANUP(cleanup_pkey_p) EVP_PKEY *id_key = NULL;
	CLEANUP(cleanup_pkey_p) EVP_PKEY *author_key = NULL;
	struct id_block block = { .policy = SNP_POLICY_SMT | SNP_POLICY_RESERVED_ONE };

	memcpy(block.launch_digest, digest, sizeof(block.launch_digest));
	if (r->guest_policy && hex_number_parse(r->guest_policy, &block.policy, err) < 0)
		return error_prefix(err, "measure: --guest-policy");
	if (key_read(r->id_key, &id_key, err) < 0 ||
	    (r->author_key && key_read(r->author_key, &author_key, err) < 0))
		return -1;
	return id_block_sign(&block, id_key, author_key, result, err);
}

static int print_json(const struct request *r, const char *digest, const struct id_block_signed *id,
		      const char *block, const char *auth, struct error *err)
{
	cleanup_json json_t *out =
		json_pack("{s:s, s:s}", "mode", r->mode, "launch_digest", digest);
	char key[2 * SNP_DIGEST_BYTES + 1], author[2 * SNP_DIGEST_BYTES + 1];

	if (out && id) {
		hex_encode(id->id_key_digest, SNP_DIGEST_BYTES, key);
		hex_encode(id->author_key_digest, SNP_DIGEST_BYTES, author);
		(void)json_object_update_new(out, json_pack("{s:s, s:s, s:s, s:s}", "id_block",
							    block, "id_auth", auth, "id_key_digest",
							    key, "author_key_digest", author));
	}
	if (!out)
		return error_memory(err);
	return json_print(out, err);
}

static void print_text(const char *digest, const struct id_block_signed *id, const char *block,
		       const char *auth)
{
	char key[2 * SNP_DIGEST_BYTES + 1], author[2 * SNP_DIGEST_BYTES + 1];

	printf("%s\n", digest);
	if (!id)
		return;
	hex_encode(id->id_key_digest, SNP_DIGEST_BYTES, key);
	hex_encode(id->author_key_digest, SNP_DIGEST_BYTES, author);
	printf("id-block=%s\nid-auth=%s\nid-key-digest=%s\nauthor-key-digest=%s\n", block, auth,
	       key, author);
}

/* No firmware measures such a launch, so there is but what the caller names. */
static int measure_laboratory(const struct request *r, struct error *err)
{
	uint8_t digest[SNP_DIGEST_BYTES];
	char text[2 * SNP_DIGEST_BYTES + 1];
	struct measure_kernel kernel;

	if (!r->kernel)
		return error_usage(err, "measure: --mode laboratory measures a kernel: --kernel K");
	if (r->ovmf || r->vcpus || r->vcpu_type || r->vmm_type || r->guest_features || r->id_key ||
	    r->author_key || r->guest_policy)
		return error_usage(err, "measure: --mode laboratory takes --kernel, --initrd, "
					"--cmdline and --json alone");
	if (kernel_files_hash(r->kernel, r->initrd, r->cmdline ? r->cmdline : "", &kernel, err) <
		    0 ||
	    laboratory_measure(&kernel, digest, err) < 0)
		return -1;
	hex_encode(digest, sizeof(digest), text);
	if (r->json)
		return print_json(r, text, NULL, NULL, NULL, err);
	print_text(text, NULL, NULL, NULL);
	return 0;
}

static int measure(const struct request *r, struct error *err)
{
	cleanup_free uint8_t *firmware = NULL;
	cleanup_free char *block = NULL, *auth = NULL;
	struct measure_launch launch = { 0 };
	struct measure_kernel kernel;
	uint8_t digest[MEASURE_MAX_BYTES];
	char text[2 * MEASURE_MAX_BYTES + 1];
	struct id_block_signed id;
	size_t size;

	if (r->mode && !strcmp(r->mode, "laboratory"))
		return measure_laboratory(r, err);
	if (launch_read(r, &launch, err) < 0 ||
	    file_read(r->ovmf, OVMF_MAX_BYTES, &firmware, &launch.firmware_size, err) < 0)
		return -1;
	launch.firmware = firmware;
	if (r->kernel) {
		if (kernel_files_hash(r->kernel, r->initrd, r->cmdline ? r->cmdline : "", &kernel,
				      err) < 0)
			return -1;
		launch.kernel = &kernel;
	}
	if (measure_launch(&launch, digest, &size, err) < 0)
		return error_prefix(err, "%s", r->ovmf);
	hex_encode(digest, size, text);
	if (r->id_key) {
		if (id_block_make(r, digest, &id, err) < 0)
			return -1;
		block = base64_encode(id.block, sizeof(id.block));
		auth = base64_encode(id.auth, sizeof(id.auth));
		if (!block || !auth)
			return error_memory(err);
	}
	if (r->json)
		return print_json(r, text, r->id_key ? &id : NULL, block, auth, err);
	print_text(text, r->id_key ? &id : NULL, block, auth);
	return 0;
}

int cmd_measure(const struct command *self, int argc, char **argv, struct error *err)
{
	struct request r = { 0 };

	if (options_read(self, argc, argv, &r, err) < 0)
		return -1;
	if (measure(&r, err) < 0)
		return err->kind == ERROR_USAGE ? -1 : error_prefix(err, "measuring");
	return 0;
}
