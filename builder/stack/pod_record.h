// SPDX-License-Identifier: Apache-2.0
/* pod.json: what the sealed pod is made of, for whoever runs it in the guest.
 *
 *     {"version": 1, "name": "web", "hostname": "web", "restart_policy": "Always",
 *      "containers": [
 *        {"name": "proxy", "kind": "sidecar", "bundle": "containers/proxy", "restart_policy":
 * "Always", "image": "haproxy:2.9", "image_name": "docker.io/library/haproxy:2.9",
 *         "manifest_digest": "sha256:...", "config_digest": "sha256:...",
 *         "ports": [{"number": 80, "protocol": "TCP", "name": "http"}]}],
 *      "volumes": [
 *        {"name": "cache", "path": "/run/podseal/volumes/cache", "mode": "0777", "medium":
 * "Memory", "size_limit_bytes": 1048576, "group": 2000}]}
 *
 * `containers` is in start order: init containers (each to its end) and sidecars as they come, then
 * the containers. `kind` is init, sidecar or container; `restart_policy` Always, OnFailure or
 * Never. `bundle` is relative to pod.json. `image` is the name as written, `image_name` the same in
 * full. `volumes` are directories to be made empty at each start of the pod, on scratch space for
 * medium
 * "", as a tmpfs for "Memory"; mode is "2777" where the volume has a group. name, hostname, image,
 * image_name, the digests, ports and the volumes' size limit and group are absent where there is
 * nothing to say. Canonical JSON (RFC 8785) and nothing after it. */
#pragma once

#include <stddef.h>

#include "builder/stack/pod.h"
#include "common/error.h"

/* The image that was taken for a container. */
struct pod_record_image {
	const char *name; /* the pod's image name, or what the archive calls it; NULL: none. Never a
			     path of the host: equal inputs must give equal images */
	const char *manifest_digest; /* "" where there is none */
	const char *config_digest;   /* "" where there is none */
};

/* `images` has pod->container_count elements, in the pod's order. The caller frees *text
 * (NUL-terminated, *size bytes before the NUL). ERROR_INPUT: an image name that is not ASCII. */
int pod_record(const struct pod *pod, const struct pod_record_image *images, char **text,
	       size_t *size, struct error *err) MUST_CHECK;
