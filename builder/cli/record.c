// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/record.h"

#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "common/json.h"
#include "common/version.h"

enum { RECORD_VERSION = 1 };

/* A digest as text, or null where there is none. */
static json_t *digest_or_null(const char *digest)
{
	return *digest ? json_string(digest) : json_null();
}

static json_t *sha256_json(const uint8_t digest[32])
{
	char text[SEAL_DIGEST_TEXT_BYTES];

	seal_digest_to_text(digest, text);
	return json_string(text);
}

/* A path need not be UTF-8, JSON must be: bytes that are not appear as \xNN. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);

	if (!json) {
		size_t size = 4 * strlen(text) + 1;
		cleanup_free char *escaped = malloc(size);
		if (!escaped)
			return NULL;
		char *out = escaped;
		for (const unsigned char *p = (const unsigned char *)text; *p; p++)
			out += snprintf(out, size - (size_t)(out - escaped),
					*p < 0x80 ? "%c" : "\\x%02x", *p);
		json = json_string(escaped);
	}
	return json;
}

static json_t *image_json(const struct source_image *image)
{
	json_t *layers = json_array();

	for (size_t i = 0; i < image->layer_count; i++) {
		const struct source_layer *layer = &image->layers[i];
		json_array_append_new(layers,
				      json_pack("{s:o, s:o, s:I}", "digest",
						digest_or_null(layer->digest), "diff_id",
						digest_or_null(layer->diff_id), "size_bytes",
						(json_int_t)layer->size_bytes));
	}
	return json_pack("{s:o, s:o, s:o, s:o}", "reference", text_json(image->reference),
			 "manifest_digest", digest_or_null(image->manifest_digest), "config_digest",
			 digest_or_null(image->config_digest), "layers", layers);
}

static json_t *container_json(const struct pod_container *container,
			      const struct source_image *image)
{
	return json_pack("{s:s, s:s, s:o}", "name", container->name, "kind",
			 pod_kind_name(container->kind), "image", image_json(image));
}

static json_t *volume_json(const struct build_volume *volume)
{
	return json_pack("{s:s, s:b, s:o, s:o, s:I, s:I}", "name", volume->name, "sealed",
			 volume->sealed, "root_hash", sha256_json(volume->root_hash), "tree_digest",
			 sha256_json(volume->tree_digest), "fs_bytes",
			 (json_int_t)volume->fs_blocks * DESCRIPTOR_BLOCK_BYTES, "inodes",
			 (json_int_t)volume->inodes);
}

int record_make(const struct build_options *options, const struct build_result *result, char **text,
		size_t *size, struct error *err)
{
	static const char *const encryption[] = {
		[ENCRYPT_ALL] = "all", [ENCRYPT_POD] = "pod", [ENCRYPT_NONE] = "none"
	};
	json_t *containers = json_array(), *volumes = json_array();

	for (size_t i = 0; i < options->pod->container_count; i++)
		json_array_append_new(containers, container_json(&options->pod->containers[i],
								 options->pod_images[i]));
	for (size_t i = 0; i < result->volume_count; i++)
		json_array_append_new(volumes, volume_json(&result->volumes[i]));
	cleanup_json json_t *record = json_pack(
		"{s:i, s:s, s:o, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o}", "version",
		RECORD_VERSION, "tool", "podseal " PODSEAL_VERSION, "seal_digest",
		sha256_json(result->seal_digest), "arch", descriptor_arch_name(options->arch),
		"init", options->init, "encrypt", encryption[options->encryption], "timestamp",
		(json_int_t)result->timestamp, "key_id", digest_or_null(result->key_id), "base",
		image_json(options->base), "containers", containers, "volumes", volumes);
	char *out = record ? json_dumps(record, JSON_SORT_KEYS | JSON_INDENT(2)) : NULL;
	if (!out)
		return error_memory(err);
	*text = out;
	*size = strlen(out);
	return 0;
}

static int parse_volume(const json_t *json, struct record_volume *volume, struct error *err)
{
	const char *name = NULL, *digest = NULL;

	if (json_get_string(json, "a volume", "name", &name, err) < 0 ||
	    json_get_string(json, "a volume", "tree_digest", &digest, err) < 0)
		return -1;
	if (strlen(name) >= sizeof(volume->name))
		return error_input(err, "a volume's name has %zu characters, at most %zu",
				   strlen(name), sizeof(volume->name) - 1);
	(void)snprintf(volume->name, sizeof(volume->name), "%s", name);
	return seal_digest_from_text(digest, volume->tree_digest, err);
}

int record_parse(const uint8_t *bytes, size_t size, struct record *record, struct error *err)
{
	cleanup_json json_t *json = NULL;
	json_t *volumes = NULL;
	const char *digest = NULL;
	uint64_t version = 0;
	struct record r = { 0 };

	if (json_parse(bytes, size, RECORD_MAX_BYTES, &json, err) < 0 ||
	    json_get_u64(json, "the record", "version", INT32_MAX, &version, err) < 0)
		return -1;
	if (version != RECORD_VERSION)
		return error_input(err,
				   "version %llu of the record is not known; this program reads %d",
				   (unsigned long long)version, RECORD_VERSION);
	if (json_get_string(json, "the record", "seal_digest", &digest, err) < 0 ||
	    seal_digest_from_text(digest, r.seal_digest, err) < 0 ||
	    json_get_array(json, "the record", "volumes", DESCRIPTOR_MAX_VOLUMES, &volumes, err) <
		    0)
		return -1;
	for (; r.volume_count < json_array_size(volumes); r.volume_count++)
		if (parse_volume(json_array_get(volumes, r.volume_count),
				 &r.volumes[r.volume_count], err) < 0)
			return -1;
	*record = r;
	return 0;
}
