// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_container.h"

#include <string.h>

#include "builder/stack/pod_build.h"
#include "builder/stack/pod_image.h"
#include "builder/stack/pod_path.h"
#include "builder/stack/pod_security.h"
#include "common/json.h"

enum { ENV_NAME_MAX_BYTES = 4096 };

struct container_nodes {
	const struct pod_node *name, *image, *pull_policy, *restart, *command, *args, *env;
	const struct pod_node *working_dir, *ports, *resources, *mounts, *security;
	const struct pod_node *liveness, *readiness, *startup;
};

static const struct pod_field container_fields[] = {
	POD_FIELD(container_nodes, "name", name),
	POD_FIELD(container_nodes, "image", image),
	POD_FIELD(container_nodes, "imagePullPolicy", pull_policy),
	POD_FIELD(container_nodes, "restartPolicy", restart),
	POD_FIELD(container_nodes, "command", command),
	POD_FIELD(container_nodes, "args", args),
	POD_FIELD(container_nodes, "env", env),
	POD_FIELD(container_nodes, "workingDir", working_dir),
	POD_FIELD(container_nodes, "ports", ports),
	POD_FIELD(container_nodes, "resources", resources),
	POD_FIELD(container_nodes, "volumeMounts", mounts),
	POD_FIELD(container_nodes, "securityContext", security),
	POD_FIELD(container_nodes, "livenessProbe", liveness),
	POD_FIELD(container_nodes, "readinessProbe", readiness),
	POD_FIELD(container_nodes, "startupProbe", startup),
	{ "terminationMessagePath", POD_ACCEPT, 0, "the kubelet collects messages, on the host" },
	{ "terminationMessagePolicy", POD_ACCEPT, 0, "the kubelet collects messages, on the host" },
	{ "resizePolicy", POD_ACCEPT, 0, "who resizes the VM decides" },
	{ "envFrom", POD_REFUSE, 0, "a ConfigMap or Secret cannot be sealed: the host brings it" },
	{ "lifecycle", POD_REFUSE, 0, "hooks are run from outside, and nothing runs them here" },
	{ "volumeDevices", POD_REFUSE, 0, "a device of the host cannot be sealed" },
	{ "stdin", POD_FALSE, 0, "a sealed pod has no one at its standard input" },
	{ "stdinOnce", POD_FALSE, 0, "a sealed pod has no one at its standard input" },
	{ "tty", POD_FALSE, 0, "a sealed pod has no terminal" },
	POD_FIELDS_END,
};

/* --- command, args, env --- */

static int new_list(struct pod *pod, size_t count, struct text_list *list, struct error *err)
{
	list->items = arena_alloc(pod->arena, count * sizeof(*list->items));
	return list->items ? 0 : error_memory(err);
}

static int read_texts(struct pod_container_reader *r, const struct pod_node *node,
		      const struct pod_variables *env, struct text_list *list, struct error *err)
{
	const char *text = NULL;

	if (!node)
		return 0;
	if (pod_node_sequence(node, POD_NODE_MAX_COUNT, err) < 0 ||
	    new_list(r->pod, node->count, list, err) < 0)
		return -1;
	for (const struct pod_node *item = node->first; item; item = item->next) {
		if (pod_node_text(item, &text, err) < 0)
			return -1;
		struct error why;
		if (pod_expand(&r->expander, "", text, env, &list->items[list->count], &why) < 0)
			return pod_node_error(item, err, "%s", why.text);
		list->count++;
	}
	return 0;
}

/* Kubernetes takes any printable ASCII but '='. */
static bool env_name_valid(const char *name)
{
	if (!*name)
		return false;
	for (; *name; name++)
		if (*name < ' ' || *name > '~' || *name == '=')
			return false;
	return true;
}

/* A value sees the variables before it; a name again replaces the value in its place. */
static int set_variable(struct pod_container_reader *r, const struct pod_node *node,
			const char *name, const char *value, struct pod_variables *env,
			struct error *err)
{
	char before[ENV_NAME_MAX_BYTES + sizeof("=")];
	size_t size = strlen(name);
	struct error why;

	if (!env_name_valid(name))
		return pod_node_error(node, err, "has a name that no variable can have");
	if (size > ENV_NAME_MAX_BYTES)
		return pod_node_error(node, err, "has a name of %zu bytes, at most %d", size,
				      (int)ENV_NAME_MAX_BYTES);
	memcpy(before, name, size);
	memcpy(before + size, "=", 2);
	const char *entry;
	if (pod_expand(&r->expander, before, value, env, &entry, &why) < 0)
		return pod_node_error(node, err, "%s", why.text);
	return pod_variables_set(env, name, entry, err);
}

static int read_variable(struct pod_container_reader *r, const struct pod_node *node,
			 struct pod_variables *env, struct error *err)
{
	struct variable_nodes {
		const struct pod_node *name, *value;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(variable_nodes, "name", name),
		POD_FIELD(variable_nodes, "value", value),
		{ "valueFrom", POD_REFUSE, 0,
		  "a value from the cluster (ConfigMap, Secret, field) cannot be sealed: the host "
		  "brings it" },
		POD_FIELDS_END,
	};
	const char *name = "", *value = "";

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    pod_node_text(nodes.name, &name, err) < 0 ||
	    pod_node_text(nodes.value, &value, err) < 0)
		return -1;
	return set_variable(r, node, name, value, env, err);
}

static int read_env(struct pod_container_reader *r, const struct pod_node *node,
		    struct pod_variables *env, struct error *err)
{
	if (!node)
		return 0;
	if (pod_node_sequence(node, POD_MAX_ENV, err) < 0 ||
	    new_list(r->pod, node->count, &env->list, err) < 0)
		return -1;
	for (const struct pod_node *item = node->first; item; item = item->next)
		if (read_variable(r, item, env, err) < 0)
			return -1;
	return 0;
}

/* Command and args see all variables, wherever they stand. */
static int read_execution(struct pod_container_reader *r, const struct container_nodes *nodes,
			  struct pod_container *container, struct error *err)
{
	cleanup_json json_t *places = json_object();
	struct pod_variables env = { .places = places };

	if (!places)
		return error_memory(err);
	if (read_env(r, nodes->env, &env, err) < 0 ||
	    read_texts(r, nodes->command, &env, &container->command, err) < 0 ||
	    read_texts(r, nodes->args, &env, &container->args, err) < 0)
		return -1;
	container->env = env.list;
	return 0;
}

/* --- ports, volumeMounts, probes, resources --- */

static int read_port(const struct pod_node *node, struct pod_port *port, struct error *err)
{
	static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
	struct port_nodes {
		const struct pod_node *number, *protocol, *name;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(port_nodes, "containerPort", number),
		POD_FIELD(port_nodes, "protocol", protocol),
		POD_FIELD(port_nodes, "name", name),
		{ "hostPort", POD_ACCEPT, 0, "the host's network forwards it" },
		{ "hostIP", POD_ACCEPT, 0, "the host's network forwards it" },
		POD_FIELDS_END,
	};
	uint64_t number = 0;
	size_t protocol = 0;

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    pod_node_number(nodes.number, 1, UINT16_MAX, &number, err) < 0 ||
	    pod_node_choice(nodes.protocol, protocols, &protocol, err) < 0 ||
	    pod_node_text(nodes.name, &port->name, err) < 0)
		return -1;
	if (!nodes.number)
		return pod_node_error(node, err, "has no containerPort");
	port->number = (uint16_t)number;
	port->protocol = protocols[protocol];
	return 0;
}

static int read_ports(struct pod *pod, const struct pod_node *node, struct pod_container *container,
		      struct error *err)
{
	if (!node)
		return 0;
	if (pod_node_sequence(node, POD_NODE_MAX_MEMBERS, err) < 0)
		return -1;
	container->ports = arena_alloc(pod->arena, node->count * sizeof(*container->ports));
	if (!container->ports)
		return error_memory(err);
	for (const struct pod_node *item = node->first; item; item = item->next)
		if (read_port(item, &container->ports[container->port_count++], err) < 0)
			return -1;
	return 0;
}

static const char *find_volume(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < pod->volume_count; i++)
		if (strcmp(pod->volumes[i].name, name) == 0)
			return pod->volumes[i].name;
	return NULL;
}

/* Cleans the path and checks it against the mounts before this one. */
static int take_mount(struct pod *pod, const struct pod_node *node, const char *volume,
		      const char *path, struct pod_container *container, struct error *err)
{
	struct pod_mount *mount = &container->mounts[container->mount_count];
	char clean[POD_PATH_BYTES];

	mount->volume = find_volume(pod, volume);
	if (!mount->volume)
		return pod_node_error(node, err, "names a volume \"%s\" that the pod does not have",
				      volume);
	if (!pod_path_clean(path, clean) || strcmp(clean, "/") == 0)
		return pod_node_error(
			node, err,
			"has a mountPath \"%s\" that is not an absolute path below /, "
			"without . and ..",
			path);
	for (size_t i = 0; i < container->mount_count; i++)
		if (strcmp(container->mounts[i].path, clean) == 0)
			return pod_node_error(node, err, "has the mountPath of another, %s", clean);
	mount->path = arena_copy(pod->arena, clean, strlen(clean));
	if (!mount->path)
		return error_memory(err);
	container->mount_count++;
	return 0;
}

static int read_mount(struct pod *pod, const struct pod_node *node, struct pod_container *container,
		      struct error *err)
{
	static const char *const propagations[] = { "None", NULL };
	struct mount_nodes {
		const struct pod_node *name, *path, *read_only, *propagation;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(mount_nodes, "name", name),
		POD_FIELD(mount_nodes, "mountPath", path),
		POD_FIELD(mount_nodes, "readOnly", read_only),
		POD_FIELD(mount_nodes, "mountPropagation", propagation),
		{ "recursiveReadOnly", POD_ACCEPT, 0, "an emptyDir has no mounts below" },
		{ "subPath", POD_REFUSE, 0,
		  "an emptyDir is empty when a bundle is made: it has no "
		  "parts" },
		{ "subPathExpr", POD_REFUSE, 0,
		  "an emptyDir is empty when a bundle is made: it has no parts" },
		POD_FIELDS_END,
	};
	const char *name = "", *path = "";
	bool read_only = false;
	size_t propagation;

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    pod_node_text(nodes.name, &name, err) < 0 ||
	    pod_node_text(nodes.path, &path, err) < 0 ||
	    pod_node_bool(nodes.read_only, &read_only, err) < 0 ||
	    pod_node_choice(nodes.propagation, propagations, &propagation, err) < 0)
		return -1;
	container->mounts[container->mount_count].read_only = read_only;
	return take_mount(pod, node, name, path, container, err);
}

static int read_mounts(struct pod *pod, const struct pod_node *node,
		       struct pod_container *container, struct error *err)
{
	if (!node)
		return 0;
	if (pod_node_sequence(node, POD_MAX_VOLUMES, err) < 0)
		return -1;
	container->mounts = arena_alloc(pod->arena, node->count * sizeof(*container->mounts));
	if (!container->mounts)
		return error_memory(err);
	for (const struct pod_node *item = node->first; item; item = item->next)
		if (read_mount(pod, item, container, err) < 0)
			return -1;
	return 0;
}

static int check_probe(const struct pod_node *node, struct error *err)
{
	static const char kubelet[] = "the kubelet asks over the network, from outside";
	static const struct pod_field fields[] = {
		{ "httpGet", POD_ACCEPT, 0, kubelet },
		{ "tcpSocket", POD_ACCEPT, 0, kubelet },
		{ "grpc", POD_ACCEPT, 0, kubelet },
		{ "initialDelaySeconds", POD_ACCEPT, 0, kubelet },
		{ "periodSeconds", POD_ACCEPT, 0, kubelet },
		{ "timeoutSeconds", POD_ACCEPT, 0, kubelet },
		{ "successThreshold", POD_ACCEPT, 0, kubelet },
		{ "failureThreshold", POD_ACCEPT, 0, kubelet },
		{ "terminationGracePeriodSeconds", POD_ACCEPT, 0, kubelet },
		{ "exec", POD_REFUSE, 0,
		  "a sealed pod runs no command that is sent from outside; use httpGet, tcpSocket "
		  "or grpc" },
		POD_FIELDS_END,
	};
	return pod_node_fields(node, fields, NULL, err);
}

static int check_resources(const struct pod_node *node, struct error *err)
{
	static const struct pod_field fields[] = {
		{ "limits", POD_ACCEPT, 0, "they size the VM, from outside" },
		{ "requests", POD_ACCEPT, 0, "they place the VM, from outside" },
		{ "claims", POD_REFUSE, 0, "a device of the host cannot be sealed" },
		POD_FIELDS_END,
	};
	return pod_node_fields(node, fields, NULL, err);
}

/* --- the container --- */

static int read_identity(struct pod *pod, const struct pod_node *node,
			 const struct container_nodes *nodes, struct pod_container *container,
			 struct error *err)
{
	struct image_name image;
	struct error why;

	if (pod_node_text(nodes->name, &container->name, err) < 0 ||
	    pod_node_text(nodes->image, &container->image, err) < 0)
		return -1;
	if (!container->name)
		return pod_node_error(node, err, "has no name");
	if (!pod_label_valid(container->name))
		return pod_node_error(nodes->name, err,
				      "\"%s\" cannot name a container: 1 to %d of a-z, 0-9 and "
				      "inner '-'",
				      container->name, (int)POD_NAME_MAX_BYTES);
	if (pod_find(pod, container->name))
		return pod_node_error(nodes->name, err, "two containers are named \"%s\"",
				      container->name);
	if (!container->image)
		return pod_node_error(node, err, "has no image");
	if (image_name_parse(container->image, &image, &why) < 0)
		return pod_node_error(nodes->image, err, "%s", why.text);
	return 0;
}

static int read_kind(const struct pod *pod, const struct pod_node *restart, bool init,
		     struct pod_container *container, struct error *err)
{
	static const char *const policies[] = { "Always", NULL };
	size_t ignored;

	container->kind = init ? POD_INIT : POD_CONTAINER;
	container->restart = pod->restart;
	if (init && pod->restart == POD_RESTART_ALWAYS)
		container->restart = POD_RESTART_ON_FAILURE;
	if (!restart)
		return 0;
	if (!init)
		return pod_node_error(restart, err,
				      "only an init container may have one; use "
				      "spec.restartPolicy");
	if (pod_node_choice(restart, policies, &ignored, err) < 0)
		return -1;
	container->kind = POD_SIDECAR;
	container->restart = POD_RESTART_ALWAYS;
	return 0;
}

static int check_accepted(const struct container_nodes *nodes, struct error *err)
{
	static const char *const pulls[] = { "Always", "IfNotPresent", "Never", NULL };
	size_t ignored;

	/* of no effect: what is sealed is what runs */
	if (pod_node_choice(nodes->pull_policy, pulls, &ignored, err) < 0 ||
	    check_resources(nodes->resources, err) < 0 || check_probe(nodes->liveness, err) < 0 ||
	    check_probe(nodes->readiness, err) < 0)
		return -1;
	return check_probe(nodes->startup, err);
}

int pod_container_read(struct pod_container_reader *reader, const struct pod_node *node, bool init,
		       struct error *err)
{
	struct pod *pod = reader->pod;
	struct container_nodes nodes = { 0 };
	struct pod_container container = { .security = reader->security };

	if (pod_node_fields(node, container_fields, &nodes, err) < 0 ||
	    read_identity(pod, node, &nodes, &container, err) < 0 ||
	    read_kind(pod, nodes.restart, init, &container, err) < 0 ||
	    check_accepted(&nodes, err) < 0 || read_execution(reader, &nodes, &container, err) < 0)
		return -1;
	if (pod_node_text(nodes.working_dir, &container.working_dir, err) < 0 ||
	    read_ports(pod, nodes.ports, &container, err) < 0 ||
	    read_mounts(pod, nodes.mounts, &container, err) < 0 ||
	    pod_security_read_container(nodes.security, reader->options, &container.security, err) <
		    0)
		return -1;
	return pod_insert(pod, &container, err);
}
