// SPDX-License-Identifier: Apache-2.0
/* The parts of config.json that come from the platform rather than from the image: capabilities,
 * mounts, namespaces, what of /proc and /sys is hidden. Private to bundle*.c. Each result is the
 * caller's; NULL: no memory. */
#pragma once

#include <jansson.h>

#include "builder/stack/image_config.h"
#include "builder/stack/pod.h"

/* process.capabilities of a process with `uid`. */
json_t *bundle_capabilities(const struct pod_security *security, uint32_t uid);

json_t *bundle_mounts(const struct pod_container *container, const struct image_config *image);

/* The member "linux". */
json_t *bundle_linux(const struct pod_security *security);
