// SPDX-License-Identifier: Apache-2.0
/* manifest.json of a `docker save` archive: an array of images (moby, image/spec/spec.md, "Combined
 * Image JSON + Filesystem Changeset Format"). Pure. Private to builder/source/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/error.h"

/* One image of the archive. Texts are borrowed from the manifest's JSON. */
struct docker_image {
	const char *config;   /* name of a member */
	const char *repo_tag; /* the one that was asked for, or the first; NULL where it has none */
	size_t layer_count;
	const char **layers; /* names of members, from the bottom */
};

struct docker_manifest {
	json_t *json;
	struct docker_image image;
};

/* Finds the image that `name` means: a reference, "@N" for the N-th (0 is the first), or NULL where
 * there is only one. ERROR_INPUT lists what there is. */
int docker_manifest_parse(const uint8_t *bytes, size_t size, const char *name,
			  struct docker_manifest *manifest, struct error *err) MUST_CHECK;
void docker_manifest_clear(struct docker_manifest *manifest);
#define cleanup_docker_manifest CLEANUP(docker_manifest_clear)
