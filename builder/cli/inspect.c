// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/cli.h"

#include "common/bytes_text.h"
#include "common/json.h"
#include "verity/image.h"

enum { OPT_JSON = 256 };

const struct command_option inspect_options[] = {
	{ OPT_JSON, "json", NULL, "print one JSON object" },
	{ 0 },
};

static int print_json(const struct image *image, struct error *err)
{
	char digest[SEAL_DIGEST_TEXT_BYTES];
	cleanup_json json_t *descriptor = NULL;

	seal_digest_to_text(image->seal_digest, digest);
	if (json_parse(image->seal.descriptor, image->seal.descriptor_bytes,
		       SEAL_DESCRIPTOR_MAX_BYTES, &descriptor, err) < 0)
		return -1;
	json_t *partitions = json_array();
	for (size_t i = 0; i < image->gpt.count; i++) {
		const struct gpt_partition *p = &image->gpt.partitions[i];
		char uuid[UUID_TEXT_BYTES];
		uuid_to_text(&p->uuid, uuid);
		json_array_append_new(partitions,
				      json_pack("{s:s, s:s, s:I, s:I}", "name", p->name, "uuid",
						uuid, "offset_bytes", (json_int_t)p->offset_bytes,
						"size_bytes", (json_int_t)p->size_bytes));
	}
	cleanup_json json_t *out =
		json_pack("{s:s, s:O, s:b, s:o}", "seal_digest", digest, "descriptor", descriptor,
			  "signed", image->seal.signature_bytes != 0, "partitions", partitions);
	if (!out || json_dumpf(out, stdout, JSON_INDENT(2) | JSON_SORT_KEYS) < 0)
		return error_memory(err);
	putchar('\n');
	return 0;
}

static void print_volume(const struct descriptor_volume *v)
{
	char bytes[BYTES_TEXT_BYTES], root[SEAL_DIGEST_TEXT_BYTES];

	seal_digest_to_text(v->verity.root_hash, root);
	printf("volume %s\n  mounted at  %s\n  size        %s (%llu blocks)\n  root hash   %s\n",
	       v->name, v->mount, bytes_text(v->verity.data_blocks * DESCRIPTOR_BLOCK_BYTES, bytes),
	       (unsigned long long)v->verity.data_blocks, root + sizeof("sha256:") - 1);
	if (v->sealed)
		printf("  sealed      AES-256-XTS, key %s\n", v->crypt.key_id);
	else
		printf("  sealed      no: anybody can read it\n");
}

static void print_text(const struct image *image)
{
	const struct descriptor *d = &image->descriptor;
	char digest[SEAL_DIGEST_TEXT_BYTES];

	seal_digest_to_text(image->seal_digest, digest);
	printf("seal          %s\narchitecture  %s\ninit          %s\nsignature     %s\n", digest,
	       descriptor_arch_name(d->arch), *d->init ? d->init : "the guest's default",
	       image->seal.signature_bytes ? "yes" : "none");
	if (d->has_kata_policy) {
		seal_digest_to_text(d->kata_policy, digest);
		printf("Kata policy   %s\n", digest);
	}
	for (size_t i = 0; i < d->count; i++)
		print_volume(&d->volumes[i]);
}

int cmd_inspect(const struct command *self, int argc, char **argv, struct error *err)
{
	cleanup_image struct image *image = NULL;
	bool json = false;
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		json = true;
	}
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	if (image_open(argv[optind], &image, err) < 0)
		return error_prefix(err, "inspecting");
	if (json)
		return print_json(image, err);
	print_text(image);
	return 0;
}
