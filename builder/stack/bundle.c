// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/bundle.h"

#include <stdio.h>
#include <string.h>

#include "builder/stack/bundle_linux.h"
#include "common/json.h"

/* What Docker and containerd give an image that sets none. */
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* An image's labels become annotations, and annotations can be orders to the runtime: to run
 * another program, to set properties of a systemd unit, to change the VM. Labels that would do so
 * stay labels. */
static const char *const runtime_orders[] = {
	"run.oci.", "org.systemd.property.", "io.katacontainers.", "io.kubernetes.", "podseal.",
};

static int append_texts(json_t *array, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (json_array_append_new(array, json_string(list->items[i])) < 0)
			return -1;
	return 0;
}

/* Kubernetes, "Define a Command and Arguments for a Container": command replaces both of the
 * image's, args alone replaces its Cmd. */
static int make_args(const struct pod_container *container, const struct image_config *image,
		     json_t **args, struct error *err)
{
	cleanup_json json_t *array = json_array();
	bool own_command = container->command.count > 0;
	const struct text_list *first = own_command ? &container->command : &image->entrypoint;
	const struct text_list *rest =
		own_command || container->args.count > 0 ? &container->args : &image->cmd;

	if (append_texts(array, first) < 0 || append_texts(array, rest) < 0)
		return error_memory(err);
	if (json_array_size(array) == 0 || json_string_length(json_array_get(array, 0)) == 0)
		return error_input(err,
				   "nothing to run: neither the image nor the pod has a command");
	*args = take_ptr(array);
	return 0;
}

/* Puts "NAME=VALUE" in the place of an earlier one of that name, or at the end. */
static int set_env(json_t *env, const char *entry)
{
	size_t name = strcspn(entry, "=") + 1;
	json_t *value;
	size_t i;

	json_array_foreach (env, i, value)
		if (strncmp(json_string_value(value), entry, name) == 0)
			return json_array_set_new(env, i, json_string(entry));
	return json_array_append_new(env, json_string(entry));
}

static int set_default_env(json_t *env, const char *entry)
{
	size_t name = strcspn(entry, "=") + 1;
	json_t *value;
	size_t i;

	json_array_foreach (env, i, value)
		if (strncmp(json_string_value(value), entry, name) == 0)
			return 0;
	return json_array_append_new(env, json_string(entry));
}

static int set_env_list(json_t *env, const struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (set_env(env, list->items[i]) < 0)
			return -1;
	return 0;
}

static int set_default_named(json_t *env, const char *name, const char *value)
{
	cleanup_free char *entry = NULL;

	if (asprintf(&entry, "%s=%s", name, value) < 0) {
		entry = NULL;
		return -1;
	}
	return set_default_env(env, entry);
}

static int make_env(const struct pod *pod, const struct pod_container *container,
		    const struct image_config *image, const struct user *user, json_t **env,
		    struct error *err)
{
	cleanup_json json_t *array = json_array();

	if (set_env_list(array, &image->env) < 0 || set_env_list(array, &container->env) < 0 ||
	    set_default_env(array, DEFAULT_PATH) < 0)
		return error_memory(err);
	if (set_default_named(array, "HOME", user->home ? user->home : "/") < 0)
		return error_input(err, "the home directory of uid %u is not UTF-8", user->uid);
	if (pod->hostname && set_default_named(array, "HOSTNAME", pod->hostname) < 0)
		return error_memory(err);
	*env = take_ptr(array);
	return 0;
}

/* The groups are those that the image's /etc/group gives, and those of the pod. */
static int resolve(const struct pod *pod, const struct pod_container *container,
		   const struct bundle_image *image, struct user *user, struct error *err)
{
	const struct pod_security *security = &container->security;
	const char *text = image->config->user;
	char number[sizeof("4294967295")];

	if (security->has_user) {
		(void)snprintf(number, sizeof(number), "%u", security->user);
		text = number;
	}
	if (user_resolve(text, &image->files, user, err) < 0)
		return -1;
	if (security->has_group)
		user->gid = security->group;
	if (pod->groups_strict)
		user->group_count = 0;
	if (security->must_be_non_root && user->uid == 0)
		return error_input(err, "it would run as root, which runAsNonRoot forbids");
	return user_add_groups(user, pod->groups, pod->group_count, err);
}

static json_t *user_json(const struct user *user)
{
	cleanup_json json_t *object =
		json_pack("{s:I, s:I}", "uid", (json_int_t)user->uid, "gid", (json_int_t)user->gid);
	cleanup_json json_t *groups = json_array();

	for (size_t i = 0; i < user->group_count; i++)
		if (json_array_append_new(groups, json_integer(user->groups[i])) < 0)
			return NULL;
	if (user->group_count > 0 && json_object_set(object, "additionalGids", groups) < 0)
		return NULL;
	return take_ptr(object);
}

static int working_directory(const struct pod_container *container,
			     const struct image_config *image, const char **path, struct error *err)
{
	const char *cwd = container->working_dir ? container->working_dir : image->working_dir;

	if (cwd && cwd[0] != '/')
		return error_input(err, "working directory \"%s\" is not absolute", cwd);
	*path = cwd ? cwd : "/";
	return 0;
}

static int make_process(const struct pod *pod, const struct pod_container *container,
			const struct bundle_image *image, json_t **process, struct error *err)
{
	const struct pod_security *security = &container->security;
	cleanup_user struct user user = { 0 };
	cleanup_json json_t *args = NULL, *env = NULL;
	const char *cwd = NULL;

	if (resolve(pod, container, image, &user, err) < 0 ||
	    make_args(container, image->config, &args, err) < 0 ||
	    make_env(pod, container, image->config, &user, &env, err) < 0 ||
	    working_directory(container, image->config, &cwd, err) < 0)
		return -1;
	json_t *result = json_pack("{s:b, s:o, s:O, s:O, s:s, s:o, s:b}", "terminal", 0, "user",
				   user_json(&user), "args", args, "env", env, "cwd", cwd,
				   "capabilities", bundle_capabilities(security, user.uid),
				   "noNewPrivileges", security->no_new_privileges ? 1 : 0);
	if (!result)
		return error_memory(err);
	*process = result;
	return 0;
}

static int set_text(json_t *object, const char *name, const char *text)
{
	return text ? json_object_set_new(object, name, json_string(text)) : 0;
}

static bool is_runtime_order(const char *label)
{
	for (size_t i = 0; i < sizeof(runtime_orders) / sizeof(runtime_orders[0]); i++)
		if (strncmp(label, runtime_orders[i], strlen(runtime_orders[i])) == 0)
			return true;
	return false;
}

static int set_exposed_ports(json_t *annotations, const struct text_list *ports)
{
	cleanup_free char *joined = NULL;
	size_t size = 0;

	if (ports->count == 0)
		return 0;
	FILE *out = open_memstream(&joined, &size);
	if (!out)
		return -1;
	for (size_t i = 0; i < ports->count; i++)
		(void)fprintf(out, "%s%s", i ? "," : "", ports->items[i]);
	if (fclose(out) != 0)
		return -1;
	return set_text(annotations, "org.opencontainers.image.exposedPorts", joined);
}

/* conversion.md, "Annotation Fields": what the config says, then its labels, which win. */
static int set_image_annotations(json_t *annotations, const struct image_config *image)
{
	if (set_text(annotations, "org.opencontainers.image.os", image->os) < 0 ||
	    set_text(annotations, "org.opencontainers.image.architecture", image->architecture) <
		    0 ||
	    set_text(annotations, "org.opencontainers.image.author", image->author) < 0 ||
	    set_text(annotations, "org.opencontainers.image.created", image->created) < 0 ||
	    set_text(annotations, "org.opencontainers.image.stopSignal", image->stop_signal) < 0 ||
	    set_exposed_ports(annotations, &image->exposed_ports) < 0)
		return -1;
	for (size_t i = 0; i < image->label_count; i++)
		if (!is_runtime_order(image->labels[i].name) &&
		    set_text(annotations, image->labels[i].name, image->labels[i].value) < 0)
			return -1;
	return 0;
}

static json_t *make_annotations(const struct bundle_image *image)
{
	cleanup_json json_t *annotations = json_object();
	const char *digest = image->manifest_digest[0] ? image->manifest_digest : NULL;

	if (set_image_annotations(annotations, image->config) < 0 ||
	    set_text(annotations, "podseal.image.name", image->name) < 0 ||
	    set_text(annotations, "podseal.image.digest", digest) < 0)
		return NULL;
	return take_ptr(annotations);
}

int bundle_config(const struct pod *pod, const struct pod_container *container,
		  const struct bundle_image *image, json_t **config, struct error *err)
{
	cleanup_json json_t *process = NULL;

	if (make_process(pod, container, image, &process, err) < 0)
		return error_prefix(err, "container %s", container->name);
	cleanup_json json_t *result = json_pack(
		"{s:s, s:O, s:{s:s, s:b}, s:o, s:o, s:o}", "ociVersion", "1.0.2", "process",
		process, "root", "path", "rootfs", "readonly",
		container->security.read_only_root ? 1 : 0, "mounts",
		bundle_mounts(container, image->config), "linux",
		bundle_linux(&container->security), "annotations", make_annotations(image));
	if (!result || set_text(result, "hostname", pod->hostname) < 0)
		return error_memory(err);
	*config = take_ptr(result);
	return 0;
}

int bundle_config_text(const json_t *config, char **text, size_t *size, struct error *err)
{
	cleanup_free char *json = json_dumps(config, JSON_INDENT(2) | JSON_SORT_KEYS);
	int length = json ? asprintf(text, "%s\n", json) : -1;

	if (length < 0)
		return error_memory(err);
	*size = (size_t)length;
	return 0;
}
