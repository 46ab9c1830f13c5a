// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_record.h"

#include <string.h>

#include "builder/stack/bundle.h"
#include "builder/stack/pod_image.h"
#include "common/json.h"

static int set_text(json_t *object, const char *name, const char *text)
{
	return text && *text ? json_object_set_new(object, name, json_string(text)) : 0;
}

static int set_image(json_t *object, const struct pod_record_image *image)
{
	struct image_name name;
	struct error ignored;
	char text[IMAGE_NAME_TEXT_BYTES] = "";

	/* what an archive calls an image need not be an image name */
	if (image->name && image_name_parse(image->name, &name, &ignored) == 0)
		image_name_format(&name, text);
	if (set_text(object, "image", image->name) < 0 ||
	    set_text(object, "image_name", text) < 0 ||
	    set_text(object, "manifest_digest", image->manifest_digest) < 0 ||
	    set_text(object, "config_digest", image->config_digest) < 0)
		return -1;
	return 0;
}

static int set_ports(json_t *object, const struct pod_container *container)
{
	cleanup_json json_t *ports = json_array();

	for (size_t i = 0; i < container->port_count; i++) {
		const struct pod_port *port = &container->ports[i];
		json_t *item = json_pack("{s:i, s:s}", "number", (int)port->number, "protocol",
					 port->protocol);
		if (json_array_append_new(ports, item) < 0 ||
		    set_text(item, "name", port->name) < 0)
			return -1;
	}
	return container->port_count ? json_object_set(object, "ports", ports) : 0;
}

static json_t *container_json(const struct pod_container *container,
			      const struct pod_record_image *image)
{
	cleanup_json json_t *object =
		json_pack("{s:s, s:s, s:s+, s:s}", "name", container->name, "kind",
			  pod_kind_name(container->kind), "bundle", "containers/", container->name,
			  "restart_policy", pod_restart_name(container->restart));

	if (!object || set_image(object, image) < 0 || set_ports(object, container) < 0)
		return NULL;
	return take_ptr(object);
}

static json_t *volume_json(const struct pod *pod, const struct pod_volume *volume)
{
	cleanup_json json_t *object = json_pack("{s:s, s:s++, s:s, s:s}", "name", volume->name,
						"path", BUNDLE_VOLUME_DIRECTORY, "/", volume->name,
						"mode", pod->has_volume_group ? "2777" : "0777",
						"medium", volume->memory ? "Memory" : "");

	if (!object)
		return NULL;
	if (volume->size_limit_bytes &&
	    json_object_set_new(object, "size_limit_bytes",
				json_integer((json_int_t)volume->size_limit_bytes)) < 0)
		return NULL;
	if (pod->has_volume_group &&
	    json_object_set_new(object, "group", json_integer(pod->volume_group)) < 0)
		return NULL;
	return take_ptr(object);
}

static json_t *pod_json(const struct pod *pod, const struct pod_record_image *images)
{
	cleanup_json json_t *object =
		json_pack("{s:i, s:s, s:[], s:[]}", "version", 1, "restart_policy",
			  pod_restart_name(pod->restart), "containers", "volumes");
	json_t *containers = json_object_get(object, "containers");
	json_t *volumes = json_object_get(object, "volumes");

	for (size_t i = 0; i < pod->container_count; i++)
		if (json_array_append_new(containers,
					  container_json(&pod->containers[i], &images[i])) < 0)
			return NULL;
	for (size_t i = 0; i < pod->volume_count; i++)
		if (json_array_append_new(volumes, volume_json(pod, &pod->volumes[i])) < 0)
			return NULL;
	if (set_text(object, "name", pod->name) < 0 ||
	    set_text(object, "hostname", pod->hostname) < 0)
		return NULL;
	return take_ptr(object);
}

int pod_record(const struct pod *pod, const struct pod_record_image *images, char **text,
	       size_t *size, struct error *err)
{
	cleanup_json json_t *object = pod_json(pod, images);

	if (!object)
		return error_memory(err);
	if (json_canonical(object, text, size, err) < 0)
		return error_prefix(err, "writing pod.json");
	return 0;
}
