// SPDX-License-Identifier: Apache-2.0
/* One container of a Kubernetes Pod. Private to pod_*.c. */
#pragma once

#include "builder/stack/pod.h"
#include "builder/stack/pod_expand.h"
#include "builder/stack/pod_node.h"

struct pod_container_reader {
	struct pod *pod; /* its volumes, restart policy and groups are read already */
	const struct pod_yaml_options *options;
	struct pod_security security; /* what the pod's own securityContext gives each container */
	struct pod_expander expander;
};

/* Reads an element of spec.containers, or of spec.initContainers where `init`, and puts it into the
 * pod. */
int pod_container_read(struct pod_container_reader *reader, const struct pod_node *node, bool init,
		       struct error *err) MUST_CHECK;
