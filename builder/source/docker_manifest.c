// SPDX-License-Identifier: Apache-2.0
#include "builder/source/docker_manifest.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "builder/source/oci.h"
#include "builder/source/reference.h"
#include "common/json.h"
#include "common/number.h"

enum { IMAGES = 4096, TAGS = 1024 };

/* *tag receives the tag of `image` that is `name`; without a name its first. NULL: none. */
static int find_tag(const json_t *image, const char *name, const char **tag, struct error *err)
{
	json_t *tags, *element;
	size_t i;

	*tag = NULL;
	if (json_opt_array(image, "image of manifest.json", "RepoTags", TAGS, &tags, err) < 0)
		return -1;
	json_array_foreach (tags, i, element) {
		const char *text = json_string_value(element);
		if (!text)
			return error_input(err, "\"RepoTags\" of manifest.json holds what is no "
						"string");
		if (!*tag && (!name || reference_same_image(text, name)))
			*tag = text;
	}
	return 0;
}

static int list_tags(const json_t *images, char *text, size_t capacity, struct error *err)
{
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(images) && used + 1 < capacity; i++) {
		const char *tag;
		if (find_tag(json_array_get(images, i), NULL, &tag, err) < 0)
			return -1;
		int n = snprintf(text + used, capacity - used, "%s@%zu%s%.150s", used ? ", " : "",
				 i, tag ? " " : "", tag ? tag : "");
		used += (size_t)(n > 0 ? n : 0);
	}
	return 0;
}

static int choose(const json_t *images, const char *name, const json_t **image, struct error *err)
{
	size_t count = json_array_size(images);
	char list[512] = "";
	const char *tag;
	uint64_t number;

	if (count == 0)
		return error_input(err, "manifest.json names no image");
	if (!name && count == 1) {
		*image = json_array_get(images, 0);
		return 0;
	}
	if (name && name[0] == '@') {
		if (number_parse(name + 1, 0, count - 1, &number, err) < 0)
			return error_prefix(err, "number of the image in the archive");
		*image = json_array_get(images, (size_t)number);
		return 0;
	}
	for (size_t i = 0; name && i < count; i++) {
		if (find_tag(json_array_get(images, i), name, &tag, err) < 0)
			return -1;
		if (tag) {
			*image = json_array_get(images, i);
			return 0;
		}
	}
	if (list_tags(images, list, sizeof(list), err) < 0)
		return -1;
	if (name)
		return error_input(err, "no image is tagged \"%.100s\": there is %s", name, list);
	return error_input(err, "holds several images, so name one: %s", list);
}

static int member_name(const json_t *json, const char *what, const char **name, struct error *err)
{
	const char *text = json_string_value(json);

	if (!text || !*text || strlen(text) >= PATH_MAX)
		return error_input(err, "%s of manifest.json is not the name of a member", what);
	*name = text;
	return 0;
}

static int parse_image(const json_t *json, const char *name, struct docker_image *image,
		       struct error *err)
{
	const char *wanted = name && name[0] != '@' ? name : NULL;
	struct docker_image made = { 0 };
	json_t *layers, *layer;
	size_t i;

	if (find_tag(json, wanted, &made.repo_tag, err) < 0 ||
	    member_name(json_object_get(json, "Config"), "\"Config\"", &made.config, err) < 0 ||
	    json_get_array(json, "image of manifest.json", "Layers", OCI_LAYERS, &layers, err) < 0)
		return -1;
	cleanup_free const char **names = calloc(json_array_size(layers) + 1, sizeof(*names));
	if (!names)
		return error_memory(err);
	json_array_foreach (layers, i, layer)
		if (member_name(layer, "a layer", &names[i], err) < 0)
			return -1;
	made.layer_count = json_array_size(layers);
	made.layers = take_ptr(names);
	*image = made;
	return 0;
}

int docker_manifest_parse(const uint8_t *bytes, size_t size, const char *name,
			  struct docker_manifest *manifest, struct error *err)
{
	cleanup_json json_t *json = NULL;
	const json_t *image;

	if (json_parse(bytes, size, OCI_JSON_BYTES, &json, err) < 0)
		return error_prefix(err, "manifest.json");
	if (!json_is_array(json) || json_array_size(json) > IMAGES)
		return error_input(err, "manifest.json is not an array of up to %d images", IMAGES);
	if (choose(json, name, &image, err) < 0 ||
	    parse_image(image, name, &manifest->image, err) < 0)
		return -1;
	manifest->json = take_ptr(json);
	return 0;
}

void docker_manifest_clear(struct docker_manifest *manifest)
{
	json_decref(manifest->json);
	free(manifest->image.layers);
	*manifest = (struct docker_manifest){ 0 };
}
