// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "common/io.h"
#include "verity/cli/progress.h"
#include "verity/cli/verify.h"
#include "verity/image.h"

/* The certificates of --trust. */
struct trusted {
	size_t count;
	struct pem pem[VERIFY_TRUST_MAX];
	uint8_t *bytes[VERIFY_TRUST_MAX];
};

static void cleanup_trusted(struct trusted *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->bytes[i]);
}

static int trusted_read(const struct verify_options *options, struct trusted *t, struct error *err)
{
	for (size_t i = 0; i < options->trust_count; i++) {
		struct pem *pem = &t->pem[i];
		if (file_read(options->trust[i], SIGNATURE_PEM_MAX_BYTES, &t->bytes[i], &pem->size,
			      err) < 0)
			return -1;
		pem->bytes = t->bytes[i];
		t->count++;
	}
	return 0;
}

/* What --seal and --trust ask for, each of which must hold. */
static int check_trust(const struct image *image, const struct verify_options *options,
		       struct error *err)
{
	if (options->seal && image_check_seal(image, options->seal, err) < 0)
		return err->kind == ERROR_USAGE ? error_prefix(err, "--seal") : -1;
	if (!options->trust_count)
		return 0;
	if (!image->seal.signature)
		return error_mismatch(err, "the descriptor is not signed");
	CLEANUP(cleanup_trusted) struct trusted trusted = { 0 };
	if (trusted_read(options, &trusted, err) < 0)
		return error_prefix(err, "--trust");
	return signature_verify(image->seal.descriptor, image->seal.descriptor_bytes,
				image->seal.signature, image->seal.signature_bytes, trusted.pem,
				trusted.count, err);
}

static int report_seal(const char *path, const struct image *image,
		       const struct verify_options *options, json_t *report, struct error *err)
{
	char seal[SEAL_DIGEST_TEXT_BYTES];
	bool pinned = options->seal != NULL, trusted = options->trust_count != 0;

	seal_digest_to_text(image->seal_digest, seal);
	if (!options->json)
		printf("%s: seal digest %s%s%s\n", path, seal, pinned ? ", as asked" : "",
		       trusted ? ", signed by who is trusted" : "");
	if (json_object_set_new(report, "seal", json_string(seal)) < 0 ||
	    json_object_set_new(report, "pinned", json_boolean(pinned)) < 0 ||
	    json_object_set_new(report, "signature_trusted", json_boolean(trusted)) < 0 ||
	    json_object_set_new(report, "volumes", json_array()) < 0)
		return error_memory(err);
	return 0;
}

static int report_volume(const struct descriptor_volume *volume,
			 const struct verify_options *options, json_t *report, struct error *err)
{
	char root[2 * DESCRIPTOR_ROOT_HASH_BYTES + 1];

	hex_encode(volume->verity.root_hash, sizeof(volume->verity.root_hash), root);
	if (!options->json)
		printf("volume %s: %" PRIu64 " data blocks hold, root hash sha256:%s%s\n",
		       volume->name, volume->verity.data_blocks, root,
		       volume->sealed ? ", sealed" : "");
	json_t *entry = json_pack("{s:s, s:s, s:I, s:b}", "name", volume->name, "root_hash", root,
				  "data_blocks", (json_int_t)volume->verity.data_blocks, "sealed",
				  (int)volume->sealed);
	if (json_array_append_new(json_object_get(report, "volumes"), entry) < 0)
		return error_memory(err);
	return 0;
}

static int verify_volume(const char *path, const struct image *image,
			 const struct descriptor_volume *volume,
			 const struct verify_options *options, json_t *report, struct error *err)
{
	struct progress progress;
	struct verity_effort effort = { options->threads, &progress.blocks_done };
	char what[DESCRIPTOR_NAME_BYTES + 2];

	(void)snprintf(what, sizeof(what), "%s: ", volume->name);
	progress_start(&progress, what, volume->verity.data_blocks);
	int verified = image_verify_volume(image, volume, &effort, err);
	progress_stop(&progress);
	if (verified < 0) {
		(void)error_prefix(err, "%s", path);
		return error_prefix(err, "verifying volume %s", volume->name);
	}
	return report_volume(volume, options, report, err);
}

int verify_image(const char *path, const struct verify_options *options, json_t *report,
		 struct error *err)
{
	cleanup_image struct image *image = NULL;

	if (image_open(path, &image, err) < 0)
		return error_prefix(err, "verifying");
	if (check_trust(image, options, err) < 0) {
		(void)(err->kind == ERROR_USAGE ? 0 : error_prefix(err, "%s", path));
		return error_prefix(err, "verifying the seal");
	}
	if (image_verify_table(image, err) < 0) {
		(void)error_prefix(err, "%s", path);
		return error_prefix(err, "verifying the partition table");
	}
	if (report_seal(path, image, options, report, err) < 0)
		return -1;
	for (size_t i = 0; i < image->descriptor.count; i++)
		if (verify_volume(path, image, &image->descriptor.volumes[i], options, report,
				  err) < 0)
			return -1;
	if (!options->json && !options->seal && !options->trust_count)
		printf("note: without --seal or --trust nothing pins the descriptor: the image "
		       "agrees with itself, whoever made it\n");
	return 0;
}
