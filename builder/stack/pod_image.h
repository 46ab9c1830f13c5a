// SPDX-License-Identifier: Apache-2.0
/* Which image of a directory a pod means: image names as Docker and containerd read them, and the
 * choice of exactly one. Pure; opening the directory's layouts and archives is the caller's. */
#pragma once

#include <stddef.h>

#include "builder/source/source.h"
#include "common/error.h"

enum {
	IMAGE_REPOSITORY_BYTES = 256, /* distribution's limit is 255 */
	IMAGE_TAG_BYTES = 129,
	IMAGE_NAME_TEXT_BYTES = IMAGE_REPOSITORY_BYTES + IMAGE_TAG_BYTES + DIGEST_TEXT_BYTES,
};

/* A name in full: "nginx" is repository "docker.io/library/nginx", tag "latest". */
struct image_name {
	char repository[IMAGE_REPOSITORY_BYTES]; /* with the registry's host */
	char tag[IMAGE_TAG_BYTES];               /* "" only where there is a digest */
	char digest[DIGEST_TEXT_BYTES];          /* "sha256:..." or "" */
};

/* Reads an image name by the grammar of github.com/distribution/reference. ERROR_INPUT: it is not
 * one, or its digest is not a sha256. */
int image_name_parse(const char *text, struct image_name *name, struct error *err) MUST_CHECK;

/* "docker.io/library/nginx:latest", with "@sha256:..." behind where it has a digest. */
void image_name_format(const struct image_name *name, char text[IMAGE_NAME_TEXT_BYTES]);

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
