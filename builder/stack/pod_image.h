// SPDX-License-Identifier: Apache-2.0
/* Which image of a directory a pod means: the choice of exactly one. Pure; opening the directory's
 * layouts and archives is the caller's. */
#pragma once

#include <stddef.h>

#include "builder/source/source.h"
#include "common/error.h"
#include "common/image_name.h"

/* An image that is there. Digests are "" where unknown. */
struct image_candidate {
	const char *reference; /* how to open it, for messages: "oci:images/web:1.25" */
	size_t name_count;
	const char *const *names; /* ref.name and io.containerd.image.name annotations, RepoTags.
				     Where ref.name is a bare tag, as skopeo writes it, the caller
				     gives DIRECTORY-NAME:TAG */
	const char *manifest_digest;
	const char *index_digest; /* of the multi-platform index that led to the manifest */
	const char *config_digest;
};

/* Chooses the one that `text` (a pod's image) means. With a digest: whose manifest or index has it,
 * whatever it is called, and a tag beside it is not looked at, as containerd does. Without: who
 * has that name. The same image (by config) found more than once is the first of them.
 * ERROR_INPUT: none, saying what is there; or different images under that name, naming two. */
int image_choose(const char *text, const struct image_candidate *candidates, size_t count,
		 size_t *chosen, struct error *err) MUST_CHECK;
