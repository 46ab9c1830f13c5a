// SPDX-License-Identifier: Apache-2.0
/* The securityContext of a Kubernetes Pod and of its containers. Private to pod_*.c. */
#pragma once

#include "builder/stack/pod.h"
#include "builder/stack/pod_node.h"

/* spec.securityContext, `node` (NULL: none): the pod's groups, and in *security what its containers
 * start from. */
int pod_security_read_pod(const struct pod_node *node, struct pod *pod,
			  struct pod_security *security, struct error *err) MUST_CHECK;

/* A container's securityContext, over what *security has from the pod. */
int pod_security_read_container(const struct pod_node *node, const struct pod_yaml_options *options,
				struct pod_security *security, struct error *err) MUST_CHECK;
