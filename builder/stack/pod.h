// SPDX-License-Identifier: Apache-2.0
/* The pod that is sealed: its containers in the order in which they start, what they override of
 * their images, and the volumes they share.
 *
 * A pod comes from the command line (pod_add), from a Kubernetes Pod (pod_yaml_parse), or from
 * both: pod_add puts further containers into a parsed pod. bundle.h makes the OCI runtime bundles
 * of it, pod_record.h the pod.json. Pure: bytes and texts in, structs out.
 *
 * What a Kubernetes Pod may say
 * -----------------------------
 * A pod in a confidential VM *is* the VM: its containers share the guest's network, and what the
 * kubelet would bring at run time (ConfigMaps, Secrets, host paths) comes from the host, which
 * nobody here trusts. So each field is one of three:
 *
 *  - honoured: sealed into the bundles. metadata.name; spec.restartPolicy, hostname,
 *    initContainers (restartPolicy Always makes a sidecar), containers, volumes of kind emptyDir,
 *    securityContext (runAsUser, runAsGroup, runAsNonRoot, supplementalGroups,
 *    supplementalGroupsPolicy, fsGroup); of a container name, image, command, args and env with
 *    Kubernetes' $(NAME) expansion, workingDir, ports (recorded), volumeMounts, securityContext
 *    (runAsUser, runAsGroup, runAsNonRoot, readOnlyRootFilesystem, allowPrivilegeEscalation,
 *    capabilities, privileged);
 *  - accepted, because it speaks to somebody else (the scheduler, the API server, the kubelet
 *    probing over the network, whoever sizes the VM) and means nothing inside: the tables in
 *    pod_yaml.c, pod_container.c and pod_security.c list each with its reason. Among them
 * `resources`: the VM has the pod's size, containers in it are not limited further; seccompProfile
 * RuntimeDefault and Unconfined: crun brings no profile of its own;
 *  - anything else is ERROR_INPUT that names line and path of the field, for example
 *    "line 14: spec.containers[1].env[2].valueFrom: ...", never dropped silently. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "builder/stack/arena.h"
#include "builder/stack/text_list.h"
#include "common/error.h"

enum {
	POD_YAML_MAX_BYTES = 1 << 20,
	POD_MAX_CONTAINERS = 256,
	POD_MAX_VOLUMES = 256,
	POD_MAX_ENV = 1024, /* of one container */
	POD_MAX_GROUPS = 1024,
	POD_TEXT_MAX_BYTES = 131071,   /* an argument or a variable: execve() takes no more */
	POD_TEXTS_MAX_BYTES = 4 << 20, /* of all arguments and variables, expanded */
	POD_NAME_MAX_BYTES = 63, /* of a container, a volume, a hostname: a DNS label, RFC 1123 */
};

enum pod_kind {
	POD_INIT,      /* runs to its end before the next one starts */
	POD_SIDECAR,   /* started in its place among the init containers, then stays */
	POD_CONTAINER, /* started last, together */
};

enum pod_restart {
	POD_RESTART_ALWAYS,
	POD_RESTART_ON_FAILURE,
	POD_RESTART_NEVER,
};

/* capabilities(7) as a set: bit N is capability N. */
struct pod_capabilities {
	bool add_all, drop_all; /* "ALL"; applied before the sets, add before drop */
	uint64_t add, drop;
};

/* Of one container, with what the pod's own securityContext gives where the container is silent. */
struct pod_security {
	bool has_user, has_group; /* else the image's */
	uint32_t user, group;
	bool must_be_non_root;
	bool read_only_root;
	bool no_new_privileges;
	bool privileged;
	struct pod_capabilities capabilities;
};

struct pod_mount {
	const char *volume; /* the name of one of the pod's volumes */
	const char *path;   /* absolute, no "." or ".." component, not "/" */
	bool read_only;
};

struct pod_port {
	uint16_t number;
	const char *protocol; /* "TCP", "UDP", "SCTP" */
	const char *name;     /* or NULL */
};

struct pod_container {
	const char *name; /* unique in the pod */
	enum pod_kind kind;
	enum pod_restart restart; /* after its process ended; for POD_INIT never ALWAYS */
	const char *image;        /* as written */
	bool image_is_source;     /* true: "oci:DIR:TAG" and the like, for source_open(); false: an
				     image name, for image_choose() */
	struct text_list command; /* replaces the image's Entrypoint and Cmd unless empty */
	struct text_list args;    /* replaces the image's Cmd unless empty */
	struct text_list env;     /* "NAME=VALUE", expanded; over the image's */
	const char *working_dir;  /* or NULL: the image's */
	struct pod_security security;
	size_t mount_count;
	struct pod_mount *mounts;
	size_t port_count;
	struct pod_port *ports;
};

/* An emptyDir. */
struct pod_volume {
	const char *name;
	bool memory;               /* medium: Memory */
	uint64_t size_limit_bytes; /* 0: none */
};

struct pod {
	struct arena *arena;  /* owns all that follows */
	const char *name;     /* metadata.name, or NULL */
	const char *hostname; /* or NULL: the guest's */
	enum pod_restart restart;
	size_t container_count;
	struct pod_container *containers; /* in start order */
	size_t volume_count;
	struct pod_volume *volumes;
	size_t group_count;
	uint32_t *groups;   /* supplementalGroups, and fsGroup */
	bool groups_strict; /* supplementalGroupsPolicy Strict: none from the image */
	bool has_volume_group;
	uint32_t volume_group; /* fsGroup: owns the volumes */
};

struct pod_yaml_options {
	bool allow_privileged;
};

/* A pod without containers, restart policy Always. */
int pod_new(struct pod **pod, struct error *err) MUST_CHECK;
void pod_free(struct pod *pod);
DEFINE_CLEANUP(cleanup_pod_p, struct pod, pod_free)
#define cleanup_pod CLEANUP(cleanup_pod_p)

/* Adds what "NAME=REF" says, as POD_CONTAINER or POD_SIDECAR, behind those of its kind: a sidecar
 * starts before every container. ERROR_USAGE: no '=', an empty REF, NAME is not a DNS label (1 to
 * 63 of a-z, 0-9 and '-', none of these at its ends), or is taken. Texts are copied. */
int pod_add(struct pod *pod, enum pod_kind kind, const char *name_and_reference, struct error *err)
	MUST_CHECK;

/* Reads one Kubernetes Pod (apiVersion v1), as said above. Of YAML: exactly one document, at most
 * POD_YAML_MAX_BYTES, 64 levels, 100,000 nodes, no anchors, aliases or tags beyond the core
 * schema's, no key twice; a plain scalar that another YAML reader may take for a number or a
 * boolean is refused where a text is wanted. JSON is YAML and works too. */
int pod_yaml_parse(const uint8_t *bytes, size_t size, const struct pod_yaml_options *options,
		   struct pod **pod, struct error *err) MUST_CHECK;

/* The container called `name`, or NULL. */
const struct pod_container *pod_find(const struct pod *pod, const char *name);

/* A DNS label, RFC 1123: 1 to 63 of a-z, 0-9 and '-', the first and last not '-'. */
bool pod_label_valid(const char *name);

/* "init", "sidecar", "container"; "Always", "OnFailure", "Never". */
const char *pod_kind_name(enum pod_kind kind);
const char *pod_restart_name(enum pod_restart restart);
