// SPDX-License-Identifier: Apache-2.0
/* The OCI runtime bundle of a container: its config.json (OCI runtime specification 1.0.2), made
 * from the image's config (OCI image specification, conversion.md) and what the pod overrides, by
 * the rules of Kubernetes' CRI runtimes. `crun run` takes it unchanged.
 *
 * What a bundle expects of the guest that runs it:
 *  - rootfs/ is writable, through the scratch overlay that the guest lays over the sealed volume;
 *    root.readonly is set only for readOnlyRootFilesystem, and then what the image calls Volumes
 *    are small tmpfs copies of their content, so that they take writes as they do elsewhere;
 *  - each emptyDir of the pod is a directory VOLUME_DIRECTORY/NAME before the first container
 *    starts (pod_record.h lists them with medium, limit, mode and group): shared by containers, so
 *    no bundle can make it itself;
 *  - the pod is the VM: there is no network namespace; pid, ipc, uts, mount and cgroup are the
 *    container's own. */
#pragma once

#include <jansson.h>

#include "builder/stack/image_config.h"
#include "builder/stack/pod.h"
#include "builder/stack/user.h"
#include "common/error.h"

#define BUNDLE_VOLUME_DIRECTORY "/run/podseal/volumes"

struct bundle_image {
	const struct image_config *config;
	struct user_files files;     /* of the flattened image */
	const char *name;            /* for the annotation; NULL: none. Never a path of the host */
	const char *manifest_digest; /* "" where there is none */
};

/* The config.json of `container`, one of `pod`. The caller owns *config; write it with
 * bundle_config_text(). ERROR_INPUT, prefixed with the container's name: nothing to run, a user
 * that is not in the image, root where runAsNonRoot forbids it, a working directory that is not
 * absolute. */
int bundle_config(const struct pod *pod, const struct pod_container *container,
		  const struct bundle_image *image, json_t **config, struct error *err) MUST_CHECK;

/* The bytes of config.json: members sorted, indented, a line break at the end, so that equal
 * inputs give equal bytes. The caller frees *text. */
int bundle_config_text(const json_t *config, char **text, size_t *size, struct error *err)
	MUST_CHECK;
