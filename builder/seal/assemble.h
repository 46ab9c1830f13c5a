// SPDX-License-Identifier: Apache-2.0
/* Puts the pod into a volume's tree: a runtime bundle for each container, and pod.json.
 *
 *     <directory>/containers/NAME/config.json
 *     <directory>/containers/NAME/rootfs/
 *     <directory>/pod.json
 *     <directory>/kata/policy.rego    for Kata */
#pragma once

#include "builder/kata/kata.h"
#include "builder/seal/content.h"
#include "builder/seal/volume.h"
#include "builder/stack/pod.h"

/* Where the pod lies in the running guest. */
#define POD_DIRECTORY "usr/lib/podseal"

/* `images[i]` is that of the pod's container i, read; its tree goes over into `tree`. `directory`
 * is a path without leading slash, "" for the root of a volume of its own. `timestamp` dates what
 * is made here. `kata` NULL: no policy; else `policy_digest` receives its SHA-256. */
int assemble_pod(struct volume *volume, struct tree *tree, const char *directory,
		 const struct pod *pod, struct content_image *images,
		 const struct kata_options *kata, int64_t timestamp,
		 uint8_t policy_digest[DESCRIPTOR_POLICY_BYTES], struct error *err) MUST_CHECK;

/* Puts what Kata needs into the base, which kata_base_check() has seen. */
int assemble_kata_base(struct volume *volume, struct tree *base, const struct kata_options *kata,
		       int64_t timestamp, struct error *err) MUST_CHECK;

/* The base must leave the pod's place to the builder: ERROR_INPUT if anything is in it. */
int assemble_check_base(const struct tree *base, struct error *err) MUST_CHECK;
