// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_security.h"

#include <string.h>

#include "builder/stack/pod_capability.h"
#include "builder/stack/user.h"

/* What both securityContexts have. */
struct shared_nodes {
	const struct pod_node *run_as_user, *run_as_group, *run_as_non_root;
	const struct pod_node *seccomp, *apparmor;
};

struct pod_security_nodes {
	struct shared_nodes shared;
	const struct pod_node *fs_group, *groups, *groups_policy;
};

struct container_security_nodes {
	struct shared_nodes shared;
	const struct pod_node *capabilities, *privileged, *read_only_root, *escalation, *proc_mount;
};

#define SHARED_FIELDS                                                                         \
	POD_FIELD(shared_nodes, "runAsUser", run_as_user),                                    \
		POD_FIELD(shared_nodes, "runAsGroup", run_as_group),                          \
		POD_FIELD(shared_nodes, "runAsNonRoot", run_as_non_root),                     \
		POD_FIELD(shared_nodes, "seccompProfile", seccomp),                           \
		POD_FIELD(shared_nodes, "appArmorProfile", apparmor),                         \
		{ "seLinuxOptions", POD_REFUSE, 0, "the guest runs without SELinux labels" }, \
	{                                                                                     \
		"windowsOptions", POD_REFUSE, 0, "a sealed pod runs Linux"                    \
	}

static const struct pod_field pod_fields[] = {
	SHARED_FIELDS,
	POD_FIELD(pod_security_nodes, "fsGroup", fs_group),
	POD_FIELD(pod_security_nodes, "supplementalGroups", groups),
	POD_FIELD(pod_security_nodes, "supplementalGroupsPolicy", groups_policy),
	{ "fsGroupChangePolicy", POD_ACCEPT, 0, "volumes are new at each start" },
	{ "sysctls", POD_REFUSE, 0, "no one sets sysctls in the guest" },
	{ "seLinuxChangePolicy", POD_REFUSE, 0, "the guest runs without SELinux labels" },
	POD_FIELDS_END,
};

static const struct pod_field container_fields[] = {
	SHARED_FIELDS,
	POD_FIELD(container_security_nodes, "capabilities", capabilities),
	POD_FIELD(container_security_nodes, "privileged", privileged),
	POD_FIELD(container_security_nodes, "readOnlyRootFilesystem", read_only_root),
	POD_FIELD(container_security_nodes, "allowPrivilegeEscalation", escalation),
	POD_FIELD(container_security_nodes, "procMount", proc_mount),
	POD_FIELDS_END,
};

/* seccompProfile and appArmorProfile. The guest's runtime has no profile of its own, so
 * RuntimeDefault and Unconfined ask for the same; a profile from the node's disk cannot be had. */
static int check_profile(const struct pod_node *node, struct error *err)
{
	static const char *const types[] = { "RuntimeDefault", "Unconfined", "Localhost", NULL };
	struct profile_nodes {
		const struct pod_node *type;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(profile_nodes, "type", type),
		{ "localhostProfile", POD_REFUSE, 0, "a profile of the node cannot be sealed" },
		POD_FIELDS_END,
	};
	size_t type = 0;

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    pod_node_choice(nodes.type, types, &type, err) < 0)
		return -1;
	return type == 2 ? pod_node_error(nodes.type, err, "a profile of the node cannot be sealed")
			 : 0;
}

static int read_id(const struct pod_node *node, bool *has, uint32_t *id, struct error *err)
{
	uint64_t value = 0;

	if (!node)
		return 0;
	if (pod_node_number(node, 0, USER_ID_MAX, &value, err) < 0)
		return -1;
	*has = true;
	*id = (uint32_t)value;
	return 0;
}

static int read_shared(const struct shared_nodes *nodes, struct pod_security *security,
		       struct error *err)
{
	if (read_id(nodes->run_as_user, &security->has_user, &security->user, err) < 0 ||
	    read_id(nodes->run_as_group, &security->has_group, &security->group, err) < 0 ||
	    pod_node_bool(nodes->run_as_non_root, &security->must_be_non_root, err) < 0 ||
	    check_profile(nodes->seccomp, err) < 0)
		return -1;
	return check_profile(nodes->apparmor, err);
}

static int read_groups(const struct pod_node *list, struct pod *pod, struct error *err)
{
	const struct pod_node *item = list ? list->first : NULL;
	size_t room = (list ? list->count : 0) + (pod->has_volume_group ? 1 : 0);
	bool ignored;

	pod->groups = arena_alloc(pod->arena, room * sizeof(*pod->groups));
	if (!pod->groups)
		return error_memory(err);
	for (; item; item = item->next)
		if (read_id(item, &ignored, &pod->groups[pod->group_count++], err) < 0)
			return -1;
	if (pod->has_volume_group)
		pod->groups[pod->group_count++] = pod->volume_group;
	return 0;
}

int pod_security_read_pod(const struct pod_node *node, struct pod *pod,
			  struct pod_security *security, struct error *err)
{
	static const char *const policies[] = { "Merge", "Strict", NULL };
	struct pod_security_nodes nodes = { 0 };
	size_t policy = 0;

	if (pod_node_fields(node, pod_fields, &nodes, err) < 0 ||
	    read_shared(&nodes.shared, security, err) < 0 ||
	    read_id(nodes.fs_group, &pod->has_volume_group, &pod->volume_group, err) < 0 ||
	    pod_node_choice(nodes.groups_policy, policies, &policy, err) < 0 ||
	    pod_node_sequence(nodes.groups, POD_MAX_GROUPS, err) < 0)
		return -1;
	pod->groups_strict = policy == 1;
	return read_groups(nodes.groups, pod, err);
}

static int read_capability_list(const struct pod_node *list, bool *all, uint64_t *set,
				struct error *err)
{
	const char *name = NULL;

	if (pod_node_sequence(list, POD_NODE_MAX_MEMBERS, err) < 0)
		return -1;
	for (const struct pod_node *item = list ? list->first : NULL; item; item = item->next) {
		if (pod_node_text(item, &name, err) < 0)
			return -1;
		if (strcasecmp(name, "ALL") == 0) {
			*all = true;
			continue;
		}
		int number = pod_capability_number(name);
		if (number < 0)
			return pod_node_error(item, err, "\"%s\" is not a capability", name);
		*set |= UINT64_C(1) << number;
	}
	return 0;
}

static int read_capabilities(const struct pod_node *node, struct pod_capabilities *capabilities,
			     struct error *err)
{
	struct capability_nodes {
		const struct pod_node *add, *drop;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(capability_nodes, "add", add),
		POD_FIELD(capability_nodes, "drop", drop),
		POD_FIELDS_END,
	};

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    read_capability_list(nodes.add, &capabilities->add_all, &capabilities->add, err) < 0)
		return -1;
	return read_capability_list(nodes.drop, &capabilities->drop_all, &capabilities->drop, err);
}

static int read_escalation(const struct container_security_nodes *nodes,
			   struct pod_security *security, struct error *err)
{
	bool allowed = true;
	const struct pod_capabilities *c = &security->capabilities;
	uint64_t admin = UINT64_C(1) << pod_capability_number("SYS_ADMIN");

	if (pod_node_bool(nodes->escalation, &allowed, err) < 0)
		return -1;
	/* as the API server validates it */
	if (!allowed && (security->privileged || c->add_all || c->add & admin))
		return pod_node_error(nodes->escalation, err,
				      "cannot be false for a container that is privileged or has "
				      "SYS_ADMIN");
	security->no_new_privileges = !allowed;
	return 0;
}

int pod_security_read_container(const struct pod_node *node, const struct pod_yaml_options *options,
				struct pod_security *security, struct error *err)
{
	static const char *const proc_mounts[] = { "Default", NULL };
	struct container_security_nodes nodes = { 0 };
	size_t proc_mount;

	if (pod_node_fields(node, container_fields, &nodes, err) < 0 ||
	    read_shared(&nodes.shared, security, err) < 0 ||
	    read_capabilities(nodes.capabilities, &security->capabilities, err) < 0 ||
	    pod_node_bool(nodes.privileged, &security->privileged, err) < 0 ||
	    pod_node_bool(nodes.read_only_root, &security->read_only_root, err) < 0 ||
	    pod_node_choice(nodes.proc_mount, proc_mounts, &proc_mount, err) < 0)
		return -1;
	if (security->privileged && !options->allow_privileged)
		return pod_node_error(nodes.privileged, err,
				      "a privileged container can undo what the image seals; "
				      "--allow-privileged accepts that");
	return read_escalation(&nodes, security, err);
}
