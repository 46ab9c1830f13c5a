// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/sealed_pod.h"

#include <string.h>

#include "common/json.h"

static bool name_valid(const char *name)
{
	size_t size = strlen(name);

	return size > 0 && size < SEALED_NAME_BYTES && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static int container_parse(const json_t *json, struct sealed_container *container,
			   struct error *err)
{
	const char *name, *image = NULL, *digest = NULL;

	if (json_get_string(json, "container", "name", &name, err) < 0)
		return -1;
	if (!name_valid(name))
		return error_input(err, "container \"%s\" has no name of a container", name);
	if (json_opt_string(json, name, "image_name", &image, err) < 0 ||
	    json_opt_string(json, name, "manifest_digest", &digest, err) < 0)
		return -1;
	memcpy(container->name, name, strlen(name) + 1);
	if (digest && strlen(digest) >= sizeof(container->manifest_digest))
		return error_input(err, "container %s has no digest in manifest_digest", name);
	if (digest)
		memcpy(container->manifest_digest, digest, strlen(digest) + 1);
	if (image && image_name_parse(image, &container->image, err) < 0)
		return error_prefix(err, "container %s", name);
	container->has_image = image != NULL;
	return 0;
}

int sealed_pod_parse(const uint8_t *bytes, size_t size, struct sealed_pod *pod, struct error *err)
{
	cleanup_sealed_pod struct sealed_pod result = { .count = 0 };
	cleanup_json json_t *json = NULL;
	json_t *containers;

	if (json_parse(bytes, size, SEALED_POD_MAX_BYTES, &json, err) < 0 ||
	    json_expect_u64(json, "pod.json", "version", 1, err) < 0 ||
	    json_get_array(json, "pod.json", "containers", SEALED_POD_MAX_CONTAINERS, &containers,
			   err) < 0)
		return -1;
	result.count = json_array_size(containers);
	result.containers = calloc(result.count + 1, sizeof(result.containers[0]));
	if (!result.containers)
		return error_memory(err);
	for (size_t i = 0; i < result.count; i++)
		if (container_parse(json_array_get(containers, i), &result.containers[i], err) < 0)
			return -1;
	*pod = result;
	result.containers = NULL;
	return 0;
}

void sealed_pod_clear(struct sealed_pod *pod)
{
	free(pod->containers);
	pod->containers = NULL;
}
