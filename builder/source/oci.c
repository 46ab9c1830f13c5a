// SPDX-License-Identifier: Apache-2.0
#include "builder/source/oci.h"

#include <string.h>

#include "builder/source/digest.h"
#include "builder/source/media_type.h"
#include "common/json.h"

enum { INDEX_ENTRIES = 16384 };

static int parse_platform(const json_t *json, struct oci_descriptor *descriptor, struct error *err)
{
	json_t *platform;

	if (json_opt_object(json, "descriptor", "platform", &platform, err) < 0)
		return -1;
	if (!platform)
		return 0;
	if (json_opt_string(platform, "platform", "os", &descriptor->os, err) < 0 ||
	    json_opt_string(platform, "platform", "architecture", &descriptor->architecture, err) <
		    0)
		return -1;
	return json_opt_string(platform, "platform", "variant", &descriptor->variant, err);
}

static int parse_descriptor(const json_t *json, const char *where,
			    struct oci_descriptor *descriptor, struct error *err)
{
	struct oci_descriptor d = { 0 };
	json_t *annotations;

	if (json_get_string(json, where, "mediaType", &d.media_type, err) < 0 ||
	    json_get_string(json, where, "digest", &d.digest, err) < 0 ||
	    json_get_u64(json, where, "size", INT64_MAX, &d.size_bytes, err) < 0 ||
	    json_opt_string(json, where, "artifactType", &d.artifact_type, err) < 0 ||
	    json_opt_object(json, where, "annotations", &annotations, err) < 0 ||
	    parse_platform(json, &d, err) < 0)
		return -1;
	if (annotations &&
	    json_opt_string(annotations, "annotations", "org.opencontainers.image.ref.name",
			    &d.ref_name, err) < 0)
		return -1;
	if (digest_check(d.digest, err) < 0)
		return error_prefix(err, "%s", where);
	*descriptor = d;
	return 0;
}

static int parse_descriptors(const json_t *array, const char *where,
			     struct oci_descriptor **descriptors, struct error *err)
{
	size_t count = json_array_size(array);
	cleanup_free struct oci_descriptor *list = calloc(count + 1, sizeof(*list));

	if (!list)
		return error_memory(err);
	for (size_t i = 0; i < count; i++)
		if (parse_descriptor(json_array_get(array, i), where, &list[i], err) < 0)
			return -1;
	*descriptors = take_ptr(list);
	return 0;
}

/* A document's own mediaType is optional, but must not be that of another kind: readers that
 * disagree on what a document is were CVE-2021-41190. */
static int check_kind(const json_t *json, const char *where, bool (*kind)(const char *),
		      const char *foreign_member, struct error *err)
{
	uint64_t version = 0;
	const char *type;

	if (json_get_u64(json, where, "schemaVersion", UINT32_MAX, &version, err) < 0 ||
	    json_opt_string(json, where, "mediaType", &type, err) < 0)
		return -1;
	if (version == 1)
		return error_input(err,
				   "%s is of Docker's schema 1, which is not supported: copy "
				   "the image with skopeo, which converts it",
				   where);
	if (version != 2)
		return error_input(err, "schemaVersion of %s is %llu, should be 2", where,
				   (unsigned long long)version);
	if (type && !kind(type))
		return error_input(err, "%s says its media type is \"%.100s\"", where, type);
	if (json_object_get(json, foreign_member))
		return error_input(err, "%s has a member \"%s\", which it may not have", where,
				   foreign_member);
	return 0;
}

int oci_index_parse(const uint8_t *bytes, size_t size, struct oci_index *index, struct error *err)
{
	cleanup_json json_t *json = NULL;
	struct oci_descriptor *list;
	json_t *manifests;

	if (json_parse(bytes, size, OCI_JSON_BYTES, &json, err) < 0 ||
	    check_kind(json, "index", media_type_is_index, "layers", err) < 0 ||
	    json_get_array(json, "index", "manifests", INDEX_ENTRIES, &manifests, err) < 0 ||
	    parse_descriptors(manifests, "index entry", &list, err) < 0)
		return -1;
	*index = (struct oci_index){ .count = json_array_size(manifests), .manifests = list };
	index->json = take_ptr(json);
	return 0;
}

static int check_layers(const struct oci_descriptor *layers, size_t count, struct error *err)
{
	enum layer_format format;
	bool distributable;

	for (size_t i = 0; i < count; i++)
		if (!media_type_is_layer(layers[i].media_type, &format, &distributable))
			return error_input(err, "layer %zu has the unknown media type \"%.100s\"",
					   i + 1, layers[i].media_type);
	return 0;
}

/* An artifact (a signature, a Helm chart) has the shape of an image, but no file system. */
static int check_is_image(const json_t *json, const struct oci_descriptor *config,
			  struct error *err)
{
	const char *artifact_type;

	if (json_opt_string(json, "manifest", "artifactType", &artifact_type, err) < 0)
		return -1;
	if (artifact_type)
		return error_input(err, "an artifact (\"%.100s\"), not an image", artifact_type);
	if (!media_type_is_config(config->media_type))
		return error_input(err, "not an image: its config has the media type \"%.100s\"",
				   config->media_type);
	return 0;
}

int oci_manifest_parse(const uint8_t *bytes, size_t size, struct oci_manifest *manifest,
		       struct error *err)
{
	cleanup_json json_t *json = NULL;
	cleanup_free struct oci_descriptor *list = NULL;
	struct oci_descriptor config;
	json_t *layers, *object;

	if (json_parse(bytes, size, OCI_JSON_BYTES, &json, err) < 0 ||
	    check_kind(json, "manifest", media_type_is_manifest, "manifests", err) < 0 ||
	    json_get_object(json, "manifest", "config", &object, err) < 0 ||
	    parse_descriptor(object, "config of the manifest", &config, err) < 0 ||
	    check_is_image(json, &config, err) < 0 ||
	    json_get_array(json, "manifest", "layers", OCI_LAYERS, &layers, err) < 0 ||
	    parse_descriptors(layers, "layer of the manifest", &list, err) < 0 ||
	    check_layers(list, json_array_size(layers), err) < 0)
		return -1;
	*manifest =
		(struct oci_manifest){ .config = config, .layer_count = json_array_size(layers) };
	manifest->layers = take_ptr(list);
	manifest->json = take_ptr(json);
	return 0;
}

static int parse_diff_ids(const json_t *array, const char ***diff_ids, struct error *err)
{
	size_t count = json_array_size(array);
	cleanup_free const char **list = calloc(count + 1, sizeof(*list));

	if (!list)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		list[i] = json_string_value(json_array_get(array, i));
		if (!list[i])
			return error_input(err, "diff ID %zu is not a string", i + 1);
		if (digest_check(list[i], err) < 0)
			return error_prefix(err, "diff ID %zu", i + 1);
	}
	*diff_ids = take_ptr(list);
	return 0;
}

int oci_config_parse(const uint8_t *bytes, size_t size, struct oci_config *config,
		     struct error *err)
{
	cleanup_json json_t *json = NULL;
	struct oci_config c = { .created = -1 };
	json_t *rootfs, *diff_ids;
	const char *created;

	if (json_parse(bytes, size, OCI_JSON_BYTES, &json, err) < 0 ||
	    json_opt_string(json, "config", "os", &c.os, err) < 0 ||
	    json_opt_string(json, "config", "architecture", &c.architecture, err) < 0 ||
	    json_opt_string(json, "config", "variant", &c.variant, err) < 0 ||
	    json_opt_string(json, "config", "created", &created, err) < 0 ||
	    json_get_object(json, "config", "rootfs", &rootfs, err) < 0 ||
	    json_get_array(rootfs, "rootfs of the config", "diff_ids", OCI_LAYERS, &diff_ids, err) <
		    0)
		return -1;
	if (created && oci_time_parse(created, &c.created, err) < 0)
		return error_prefix(err, "\"created\" of the config");
	if (parse_diff_ids(diff_ids, &c.diff_ids, err) < 0)
		return -1;
	c.diff_id_count = json_array_size(diff_ids);
	c.json = take_ptr(json);
	*config = c;
	return 0;
}

void oci_index_clear(struct oci_index *index)
{
	json_decref(index->json);
	free(index->manifests);
	*index = (struct oci_index){ 0 };
}

void oci_manifest_clear(struct oci_manifest *manifest)
{
	json_decref(manifest->json);
	free(manifest->layers);
	*manifest = (struct oci_manifest){ 0 };
}

void oci_config_clear(struct oci_config *config)
{
	json_decref(config->json);
	free(config->diff_ids);
	*config = (struct oci_config){ 0 };
}
