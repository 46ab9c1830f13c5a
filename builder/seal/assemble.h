// SPDX-License-Identifier: Apache-2.0
/* Puts the pod into a volume's tree: a runtime bundle for each container, and pod.json.
 *
 *     <directory>/containers/NAME/config.json
 *     <directory>/containers/NAME/rootfs/
 *     <directory>/pod.json */
#pragma once

#include "builder/seal/content.h"
#include "builder/seal/volume.h"
#include "builder/stack/pod.h"

/* Where the pod lies in the running guest. */
#define POD_DIRECTORY "usr/lib/podseal"

/* `images[i]` is that of the pod's container i, read; its tree goes over into `tree`. `directory`
 * is a path without leading slash, "" for the root of a volume of its own. `timestamp` dates what
 * is made here. */
int assemble_pod(struct volume *volume, struct tree *tree, const char *directory,
		 const struct pod *pod, struct content_image *images, int64_t timestamp,
		 struct error *err) MUST_CHECK;

/* The base must leave the pod's place to the builder: ERROR_INPUT if anything is in it. */
int assemble_check_base(const struct tree *base, struct error *err) MUST_CHECK;
