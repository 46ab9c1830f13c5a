// SPDX-License-Identifier: Apache-2.0
#include "builder/kata/policy_data.h"

#include <string.h>

#include "builder/stack/pod_path.h"
#include "common/image_name.h"
#include "common/json.h"

static int append_text(json_t *array, const char *text)
{
	return json_array_append_new(array, json_string(text));
}

/* --- the names under which a runtime may ask for an image ------------------------------------- */

/* The registry that Docker's short names leave out, and the folder of its official images. */
static const char docker_host[] = "docker.io/", docker_library[] = "docker.io/library/";

static const char *without(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* "docker.io/library/web:1" is "web:1" and "library/web:1" as well. */
static int append_spellings(json_t *array, const char *full)
{
	const char *in_library = without(full, docker_library),
		   *at_docker = without(full, docker_host);

	if (append_text(array, full) < 0 || (at_docker && append_text(array, at_docker) < 0) ||
	    (in_library && append_text(array, in_library) < 0))
		return -1;
	return 0;
}

static int append_name(json_t *array, const struct image_name *name)
{
	char text[IMAGE_NAME_TEXT_BYTES];

	image_name_format(name, text);
	if (append_spellings(array, text) < 0)
		return -1;
	/* the tag that a name without one means */
	if (!*name->digest && strcmp(name->tag, "latest") == 0)
		return append_spellings(array, name->repository);
	return 0;
}

/* In full and in its short forms; what is no image name (an archive may call it anything) as
 * written.
 */
static json_t *references(const char *image_name)
{
	cleanup_json json_t *array = json_array();
	struct image_name name;
	struct error ignored;

	if (!image_name)
		return take_ptr(array);
	if (image_name_parse(image_name, &name, &ignored) < 0)
		return append_text(array, image_name) < 0 ? NULL : take_ptr(array);
	if (append_name(array, &name) < 0)
		return NULL;
	return take_ptr(array);
}

static json_t *digests(const struct kata_policy_container *container)
{
	cleanup_json json_t *array = json_array();

	if ((*container->manifest_digest && append_text(array, container->manifest_digest) < 0) ||
	    (*container->index_digest && append_text(array, container->index_digest) < 0))
		return NULL;
	return take_ptr(array);
}

/* --- the process ------------------------------------------------------------------------------ */

static bool sets(const struct text_list *env, const char *variable)
{
	size_t name = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], variable, name) == 0)
			return true;
	return false;
}

/* What a bundle sets where neither image nor pod does (PATH, HOME, HOSTNAME) is apart: runtimes
 * differ in whether they do, too. */
static int split_env(const struct pod_container *container, const struct image_config *image,
		     const json_t *env, json_t *sealed, json_t *defaults)
{
	json_t *variable;
	size_t i;

	json_array_foreach (env, i, variable) {
		const char *text = json_string_value(variable);
		bool is_sealed = sets(&image->env, text) || sets(&container->env, text);
		if (json_array_append(is_sealed ? sealed : defaults, variable) < 0)
			return -1;
	}
	return 0;
}

/* Without "CAP_", which some runtimes leave out. */
static json_t *capabilities(const json_t *process, const char *set)
{
	const json_t *list = json_object_get(json_object_get(process, "capabilities"), set);
	cleanup_json json_t *array = json_array();
	json_t *name;
	size_t i;

	json_array_foreach (list, i, name)
		if (append_text(array, json_string_value(name) + strlen("CAP_")) < 0)
			return NULL;
	return take_ptr(array);
}

static int set_process(json_t *object, const struct pod_container *container,
		       const struct kata_policy_container *sealed)
{
	const json_t *process = json_object_get(sealed->config, "process");
	const json_t *user = json_object_get(process, "user");
	json_t *groups = json_object_get(user, "additionalGids");
	cleanup_json json_t *env = json_array(), *defaults = json_array();

	if (split_env(container, sealed->image, json_object_get(process, "env"), env, defaults) < 0)
		return -1;
	cleanup_json json_t *members = json_pack(
		"{s:O, s:O, s:O, s:O, s:O, s:O, s:o, s:o, s:o, s:O}", "args",
		json_object_get(process, "args"), "cwd", json_object_get(process, "cwd"), "env",
		env, "env_defaults", defaults, "uid", json_object_get(user, "uid"), "gid",
		json_object_get(user, "gid"), "groups", groups ? json_incref(groups) : json_array(),
		"capabilities", capabilities(process, "bounding"), "effective",
		capabilities(process, "effective"), "no_new_privileges",
		json_object_get(process, "noNewPrivileges"));
	return members ? json_object_update(object, members) : -1;
}

/* --- its files -------------------------------------------------------------------------------- */

static bool in_memory(const struct pod *pod, const char *volume)
{
	for (size_t i = 0; i < pod->volume_count; i++)
		if (strcmp(pod->volumes[i].name, volume) == 0)
			return pod->volumes[i].memory;
	return false;
}

static json_t *volumes(const struct pod *pod, const struct pod_container *container)
{
	cleanup_json json_t *array = json_array();

	for (size_t i = 0; i < container->mount_count; i++) {
		const struct pod_mount *mount = &container->mounts[i];
		if (json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:b}", "name",
							   mount->volume, "path", mount->path,
							   "memory", in_memory(pod, mount->volume),
							   "read_only", mount->read_only)) < 0)
			return NULL;
	}
	return take_ptr(array);
}

static bool has_volume_at(const struct pod_container *container, const char *path)
{
	for (size_t i = 0; i < container->mount_count; i++)
		if (strcmp(container->mounts[i].path, path) == 0)
			return true;
	return false;
}

static json_t *image_volumes(const struct pod_container *container, const struct text_list *list)
{
	cleanup_json json_t *array = json_array();
	char path[POD_PATH_BYTES];

	for (size_t i = 0; i < list->count; i++)
		if (pod_path_clean(list->items[i], path) && strcmp(path, "/") != 0 &&
		    !has_volume_at(container, path) && append_text(array, path) < 0)
			return NULL;
	return take_ptr(array);
}

/* --- the pod ---------------------------------------------------------------------------------- */

static int container_data(const struct pod *pod, const struct pod_container *container,
			  const struct kata_policy_container *sealed, json_t **data,
			  struct error *err)
{
	const json_t *root = json_object_get(sealed->config, "root");

	if (!sealed->image_name && !*sealed->manifest_digest)
		return error_input(err,
				   "container %s: its image has neither a name nor a digest that "
				   "Kata could ask for: give it one, as oci:DIR:TAG",
				   container->name);
	cleanup_json json_t *object =
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:b, s:O}", "name", container->name,
			  "references", references(sealed->image_name), "digests", digests(sealed),
			  "volumes", volumes(pod, container), "image_volumes",
			  image_volumes(container, &sealed->image->volumes), "privileged",
			  container->security.privileged, "read_only_root",
			  json_object_get(root, "readonly"));
	if (!object || set_process(object, container, sealed) < 0)
		return error_memory(err);
	*data = take_ptr(object);
	return 0;
}

int policy_data(const struct pod *pod, const struct kata_policy_container *containers,
		bool allow_exec, json_t **data, struct error *err)
{
	cleanup_json json_t *list = json_array();

	for (size_t i = 0; i < pod->container_count; i++) {
		json_t *item = NULL;
		if (container_data(pod, &pod->containers[i], &containers[i], &item, err) < 0)
			return -1;
		if (json_array_append_new(list, item) < 0)
			return error_memory(err);
	}
	json_t *result = json_pack("{s:b, s:O}", "allow_exec", allow_exec, "containers", list);
	if (!result)
		return error_memory(err);
	*data = result;
	return 0;
}
