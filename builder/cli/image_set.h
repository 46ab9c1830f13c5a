// SPDX-License-Identifier: Apache-2.0
/* The images of a build, opened: the base, and one for each container of the pod. */
#pragma once

#include "builder/source/source.h"
#include "builder/stack/pod.h"

struct image_set {
	struct source_image *base;
	size_t count; /* of `pod`: as many as the pod has containers */
	struct source_image **pod;
};

/* `directory` (NULL: none) is where images are looked for that the pod names by image name, not by
 * a source reference: OCI layouts (the directory itself, or one below it) and archives (*.tar) of
 * either kind. */
int image_set_open(struct image_set *set, const char *base, const struct pod *pod,
		   const char *directory, const struct source_options *options, struct error *err)
	MUST_CHECK;
void image_set_release(struct image_set *set);

/* The OCI architecture that the images are for: the base's, else this machine's. */
const char *image_set_arch(const struct image_set *set);
