// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "builder/stack/pod.h"
#include "builder/stack/pod_container.h"
#include "builder/stack/pod_node.h"
#include "builder/stack/pod_security.h"
#include "common/checked.h"
#include "common/number.h"

enum { POD_OBJECT_NAME_MAX_BYTES = 253 }; /* a DNS subdomain, RFC 1123 */

struct document_nodes {
	const struct pod_node *api_version, *kind, *metadata, *spec;
};

struct metadata_nodes {
	const struct pod_node *name;
};

struct spec_nodes {
	const struct pod_node *init, *containers, *volumes, *restart, *hostname, *security, *os,
		*host_users;
};

static const char cluster[] = "the API server's own";
static const char scheduler[] = "says where the VM runs";
static const char kubelet[] = "the kubelet does it from outside";

static const struct pod_field document_fields[] = {
	POD_FIELD(document_nodes, "apiVersion", api_version),
	POD_FIELD(document_nodes, "kind", kind),
	POD_FIELD(document_nodes, "metadata", metadata),
	POD_FIELD(document_nodes, "spec", spec),
	{ "status", POD_ACCEPT, 0, cluster },
	POD_FIELDS_END,
};

static const struct pod_field metadata_fields[] = {
	POD_FIELD(metadata_nodes, "name", name),
	{ "namespace", POD_ACCEPT, 0, cluster },
	{ "labels", POD_ACCEPT, 0, cluster },
	{ "annotations", POD_ACCEPT, 0, cluster },
	{ "creationTimestamp", POD_ACCEPT, 0, cluster },
	{ "finalizers", POD_ACCEPT, 0, cluster },
	{ "generation", POD_ACCEPT, 0, cluster },
	{ "managedFields", POD_ACCEPT, 0, cluster },
	{ "ownerReferences", POD_ACCEPT, 0, cluster },
	{ "resourceVersion", POD_ACCEPT, 0, cluster },
	{ "selfLink", POD_ACCEPT, 0, cluster },
	{ "uid", POD_ACCEPT, 0, cluster },
	POD_FIELDS_END,
};

static const struct pod_field spec_fields[] = {
	POD_FIELD(spec_nodes, "initContainers", init),
	POD_FIELD(spec_nodes, "containers", containers),
	POD_FIELD(spec_nodes, "volumes", volumes),
	POD_FIELD(spec_nodes, "restartPolicy", restart),
	POD_FIELD(spec_nodes, "hostname", hostname),
	POD_FIELD(spec_nodes, "securityContext", security),
	POD_FIELD(spec_nodes, "os", os),
	POD_FIELD(spec_nodes, "hostUsers", host_users),

	{ "affinity", POD_ACCEPT, 0, scheduler },
	{ "nodeName", POD_ACCEPT, 0, scheduler },
	{ "nodeSelector", POD_ACCEPT, 0, scheduler },
	{ "overhead", POD_ACCEPT, 0, scheduler },
	{ "preemptionPolicy", POD_ACCEPT, 0, scheduler },
	{ "priority", POD_ACCEPT, 0, scheduler },
	{ "priorityClassName", POD_ACCEPT, 0, scheduler },
	{ "resources", POD_ACCEPT, 0, "sizes the VM" },
	{ "runtimeClassName", POD_ACCEPT, 0, scheduler },
	{ "schedulerName", POD_ACCEPT, 0, scheduler },
	{ "schedulingGates", POD_ACCEPT, 0, scheduler },
	{ "tolerations", POD_ACCEPT, 0, scheduler },
	{ "topologySpreadConstraints", POD_ACCEPT, 0, scheduler },

	{ "activeDeadlineSeconds", POD_ACCEPT, 0, kubelet },
	{ "readinessGates", POD_ACCEPT, 0, kubelet },
	{ "terminationGracePeriodSeconds", POD_ACCEPT, 0, kubelet },
	{ "imagePullSecrets", POD_ACCEPT, 0, "images are sealed, not pulled" },

	/* of the cluster's network and identity, none of which reaches inside */
	{ "automountServiceAccountToken", POD_ACCEPT, 0, "no token reaches a sealed pod" },
	{ "serviceAccount", POD_ACCEPT, 0, "no token reaches a sealed pod" },
	{ "serviceAccountName", POD_ACCEPT, 0, "no token reaches a sealed pod" },
	{ "dnsPolicy", POD_ACCEPT, 0, "the guest's own resolver is used" },
	{ "enableServiceLinks", POD_ACCEPT, 0, "variables of services do not reach a sealed pod" },

	{ "dnsConfig", POD_REFUSE, 0, "the guest's own resolver is used" },
	{ "ephemeralContainers", POD_REFUSE, 0, "a container added later is not sealed" },
	{ "hostAliases", POD_REFUSE, 0, "the kubelet would write /etc/hosts; put it in the image" },
	{ "resourceClaims", POD_REFUSE, 0, "a device of the host cannot be sealed" },
	{ "subdomain", POD_REFUSE, 0, "the kubelet would write /etc/hosts; put it in the image" },
	{ "hostIPC", POD_FALSE, 0, "the host is not trusted" },
	{ "hostNetwork", POD_FALSE, 0, "the host is not trusted" },
	{ "hostPID", POD_FALSE, 0, "the host is not trusted" },
	{ "setHostnameAsFQDN", POD_FALSE, 0, "the pod's domain is not known when it is sealed" },
	{ "shareProcessNamespace", POD_FALSE, 0, "each container has its own process namespace" },
	POD_FIELDS_END,
};

/* --- volumes --- */

/* A Kubernetes quantity of bytes: a whole number and one of these. */
static int read_quantity(const struct pod_node *node, uint64_t *bytes, struct error *err)
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} units[] = {
		{ "", 1 },           { "k", 1000 },          { "M", 1000000 },
		{ "G", 1000000000 }, { "T", 1000000000000 }, { "Ki", 1 << 10 },
		{ "Mi", 1 << 20 },   { "Gi", 1 << 30 },      { "Ti", UINT64_C(1) << 40 },
	};
	char digits[sizeof("9223372036854775807")];
	struct error ignored;
	uint64_t number, product;

	if (!node)
		return 0;
	size_t size = node->text ? strspn(node->text, "0123456789") : 0;
	if (size > 0 && size < sizeof(digits)) {
		memcpy(digits, node->text, size);
		digits[size] = '\0';
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(units[i].suffix, node->text + size) == 0 &&
			    number_parse(digits, 1, INT64_MAX, &number, &ignored) == 0 &&
			    mul_u64(number, units[i].factor, &product) && product <= INT64_MAX) {
				*bytes = product;
				return 0;
			}
	}
	return pod_node_error(node, err,
			      "is not a whole number of bytes with k, M, G, T, Ki, Mi, Gi, "
			      "Ti or nothing after it");
}

static int read_empty_dir(const struct pod_node *node, struct pod_volume *volume, struct error *err)
{
	static const char *const mediums[] = { "", "Memory", NULL };
	struct empty_dir_nodes {
		const struct pod_node *medium, *limit;
	} nodes = { 0 };
	static const struct pod_field fields[] = {
		POD_FIELD(empty_dir_nodes, "medium", medium),
		POD_FIELD(empty_dir_nodes, "sizeLimit", limit),
		POD_FIELDS_END,
	};
	size_t medium = 0;

	if (pod_node_fields(node, fields, &nodes, err) < 0 ||
	    pod_node_choice(nodes.medium, mediums, &medium, err) < 0)
		return -1;
	volume->memory = medium == 1;
	return read_quantity(nodes.limit, &volume->size_limit_bytes, err);
}

static const char from_host[] = "cannot be sealed: the host brings it, and is not trusted";

struct volume_nodes {
	const struct pod_node *name, *empty_dir;
};

static const struct pod_field volume_fields[] = {
	POD_FIELD(volume_nodes, "name", name),
	POD_FIELD(volume_nodes, "emptyDir", empty_dir),
	{ "awsElasticBlockStore", POD_REFUSE, 0, from_host },
	{ "azureDisk", POD_REFUSE, 0, from_host },
	{ "azureFile", POD_REFUSE, 0, from_host },
	{ "cephfs", POD_REFUSE, 0, from_host },
	{ "cinder", POD_REFUSE, 0, from_host },
	{ "configMap", POD_REFUSE, 0, from_host },
	{ "csi", POD_REFUSE, 0, from_host },
	{ "downwardAPI", POD_REFUSE, 0, from_host },
	{ "ephemeral", POD_REFUSE, 0, from_host },
	{ "fc", POD_REFUSE, 0, from_host },
	{ "flexVolume", POD_REFUSE, 0, from_host },
	{ "flocker", POD_REFUSE, 0, from_host },
	{ "gcePersistentDisk", POD_REFUSE, 0, from_host },
	{ "gitRepo", POD_REFUSE, 0, from_host },
	{ "glusterfs", POD_REFUSE, 0, from_host },
	{ "hostPath", POD_REFUSE, 0, from_host },
	{ "image", POD_REFUSE, 0, "an image as a volume is not supported; make it a layer" },
	{ "iscsi", POD_REFUSE, 0, from_host },
	{ "nfs", POD_REFUSE, 0, from_host },
	{ "persistentVolumeClaim", POD_REFUSE, 0, from_host },
	{ "photonPersistentDisk", POD_REFUSE, 0, from_host },
	{ "portworxVolume", POD_REFUSE, 0, from_host },
	{ "projected", POD_REFUSE, 0, from_host },
	{ "quobyte", POD_REFUSE, 0, from_host },
	{ "rbd", POD_REFUSE, 0, from_host },
	{ "scaleIO", POD_REFUSE, 0, from_host },
	{ "secret", POD_REFUSE, 0, from_host },
	{ "storageos", POD_REFUSE, 0, from_host },
	{ "vsphereVolume", POD_REFUSE, 0, from_host },
	POD_FIELDS_END,
};

/* A volume of no kind at all is an emptyDir, as the API server has it. */
static int read_volume(struct pod *pod, const struct pod_node *node, struct error *err)
{
	struct pod_volume *volume = &pod->volumes[pod->volume_count];
	struct volume_nodes nodes = { 0 };

	if (pod_node_fields(node, volume_fields, &nodes, err) < 0 ||
	    pod_node_text(nodes.name, &volume->name, err) < 0 ||
	    read_empty_dir(nodes.empty_dir, volume, err) < 0)
		return -1;
	if (!volume->name || !pod_label_valid(volume->name))
		return pod_node_error(node, err,
				      "has no name that is 1 to %d of a-z, 0-9 and inner '-'",
				      (int)POD_NAME_MAX_BYTES);
	for (size_t i = 0; i < pod->volume_count; i++)
		if (strcmp(pod->volumes[i].name, volume->name) == 0)
			return pod_node_error(nodes.name, err, "two volumes are named \"%s\"",
					      volume->name);
	pod->volume_count++;
	return 0;
}

static int read_volumes(struct pod *pod, const struct pod_node *node, struct error *err)
{
	if (!node)
		return 0;
	if (pod_node_sequence(node, POD_MAX_VOLUMES, err) < 0)
		return -1;
	pod->volumes = arena_alloc(pod->arena, node->count * sizeof(*pod->volumes));
	if (!pod->volumes)
		return error_memory(err);
	for (const struct pod_node *item = node->first; item; item = item->next)
		if (read_volume(pod, item, err) < 0)
			return -1;
	return 0;
}

/* --- names --- */

/* Labels with dots between them. */
static bool object_name_valid(const char *name)
{
	char label[POD_NAME_MAX_BYTES + 1];

	if (strlen(name) > POD_OBJECT_NAME_MAX_BYTES)
		return false;
	for (;; name++) {
		size_t size = strcspn(name, ".");
		if (size >= sizeof(label))
			return false;
		memcpy(label, name, size);
		label[size] = '\0';
		if (!pod_label_valid(label))
			return false;
		name += size;
		if (!*name)
			return true;
	}
}

/* As the kubelet makes it: the first 63 bytes of the pod's name, without what may not end one. */
static int hostname_from_name(struct pod *pod, struct error *err)
{
	size_t size = strnlen(pod->name, POD_NAME_MAX_BYTES);

	while (size > 1 && (pod->name[size - 1] == '-' || pod->name[size - 1] == '.'))
		size--;
	pod->hostname = arena_copy(pod->arena, pod->name, size);
	return pod->hostname ? 0 : error_memory(err);
}

static int read_names(const struct pod_node *root, const struct pod_node *metadata,
		      const struct pod_node *hostname, struct pod *pod, struct error *err)
{
	struct metadata_nodes nodes = { 0 };

	if (pod_node_fields(metadata, metadata_fields, &nodes, err) < 0 ||
	    pod_node_text(nodes.name, &pod->name, err) < 0 ||
	    pod_node_text(hostname, &pod->hostname, err) < 0)
		return -1;
	if (!pod->name)
		return pod_node_error(metadata ? metadata : root, err, "has no name");
	if (!object_name_valid(pod->name))
		return pod_node_error(nodes.name, err,
				      "\"%s\" cannot name a pod: labels of a-z, 0-9 "
				      "and inner '-', with dots between them",
				      pod->name);
	if (!pod->hostname)
		return hostname_from_name(pod, err);
	if (!pod_label_valid(pod->hostname))
		return pod_node_error(hostname, err,
				      "\"%s\" cannot be a hostname: 1 to %d of a-z, "
				      "0-9 and inner '-'",
				      pod->hostname, (int)POD_NAME_MAX_BYTES);
	return 0;
}

/* --- the pod --- */

static int read_containers(struct pod_container_reader *reader, const struct pod_node *list,
			   bool init, struct error *err)
{
	if (pod_node_sequence(list, POD_MAX_CONTAINERS, err) < 0)
		return -1;
	for (const struct pod_node *item = list ? list->first : NULL; item; item = item->next)
		if (pod_container_read(reader, item, init, err) < 0)
			return -1;
	return 0;
}

static int check_os(const struct pod_node *os, const struct pod_node *host_users, struct error *err)
{
	static const char *const systems[] = { "linux", NULL };
	struct os_nodes {
		const struct pod_node *name;
	} nodes = { 0 };
	static const struct pod_field fields[] = { POD_FIELD(os_nodes, "name", name),
						   POD_FIELDS_END };
	bool users = true;
	size_t ignored;

	if (pod_node_fields(os, fields, &nodes, err) < 0 ||
	    pod_node_choice(nodes.name, systems, &ignored, err) < 0 ||
	    pod_node_bool(host_users, &users, err) < 0)
		return -1;
	return users ? 0
		     : pod_node_error(host_users, err,
				      "containers get no user namespace of their own");
}

static int read_spec(const struct spec_nodes *nodes, struct pod_container_reader *reader,
		     struct error *err)
{
	static const char *const policies[] = { "Always", "OnFailure", "Never", NULL };
	struct pod *pod = reader->pod;
	size_t restart = POD_RESTART_ALWAYS;

	if (pod_node_choice(nodes->restart, policies, &restart, err) < 0 ||
	    check_os(nodes->os, nodes->host_users, err) < 0 ||
	    read_volumes(pod, nodes->volumes, err) < 0 ||
	    pod_security_read_pod(nodes->security, pod, &reader->security, err) < 0)
		return -1;
	pod->restart = (enum pod_restart)restart;
	if (read_containers(reader, nodes->init, true, err) < 0)
		return -1;
	return read_containers(reader, nodes->containers, false, err);
}

static int check_kind(const struct pod_node *root, const struct document_nodes *nodes,
		      struct error *err)
{
	static const char *const versions[] = { "v1", NULL }, *const kinds[] = { "Pod", NULL };
	size_t ignored;

	if (!nodes->api_version || !nodes->kind || !nodes->spec)
		return pod_node_error(root, err, "is not a Pod: it has no %s",
				      !nodes->api_version ? "apiVersion"
				      : !nodes->kind      ? "kind"
							  : "spec");
	if (pod_node_choice(nodes->api_version, versions, &ignored, err) < 0)
		return -1;
	return pod_node_choice(nodes->kind, kinds, &ignored, err);
}

static int read_document(const struct pod_node *root, struct pod_container_reader *reader,
			 struct error *err)
{
	struct document_nodes nodes = { 0 };
	struct spec_nodes spec = { 0 };

	if (pod_node_fields(root, document_fields, &nodes, err) < 0 ||
	    check_kind(root, &nodes, err) < 0 ||
	    pod_node_fields(nodes.spec, spec_fields, &spec, err) < 0 ||
	    read_names(root, nodes.metadata, spec.hostname, reader->pod, err) < 0)
		return -1;
	if (!spec.containers || spec.containers->count == 0)
		return pod_node_error(nodes.spec, err, "has no containers");
	return read_spec(&spec, reader, err);
}

int pod_yaml_parse(const uint8_t *bytes, size_t size, const struct pod_yaml_options *options,
		   struct pod **pod, struct error *err)
{
	cleanup_pod struct pod *result = NULL;
	cleanup_free struct pod_container_reader *reader = calloc(1, sizeof(*reader));
	const struct pod_node *root = NULL;

	if (!reader)
		return error_memory(err);
	if (pod_new(&result, err) < 0 || pod_node_parse(bytes, size, result->arena, &root, err) < 0)
		return -1;
	reader->pod = result;
	reader->options = options;
	reader->expander.arena = result->arena;
	reader->expander.left_bytes = POD_TEXTS_MAX_BYTES;
	if (read_document(root, reader, err) < 0)
		return -1;
	*pod = take_ptr(result);
	return 0;
}
