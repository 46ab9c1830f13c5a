// SPDX-License-Identifier: Apache-2.0
/* Image names as Docker and containerd read them: what a pod's manifest says, and what a container
 * runtime asks for. */
#pragma once

#include "common/error.h"

enum {
	IMAGE_REPOSITORY_BYTES = 256, /* distribution's limit is 255 */
	IMAGE_TAG_BYTES = 129,
	IMAGE_DIGEST_BYTES = 72, /* "sha256:", 64 digits, NUL */
	IMAGE_NAME_TEXT_BYTES = IMAGE_REPOSITORY_BYTES + IMAGE_TAG_BYTES + IMAGE_DIGEST_BYTES,
};

/* A name in full: "nginx" is repository "docker.io/library/nginx", tag "latest". */
struct image_name {
	char repository[IMAGE_REPOSITORY_BYTES]; /* with the registry's host */
	char tag[IMAGE_TAG_BYTES];               /* "" only where there is a digest */
	char digest[IMAGE_DIGEST_BYTES];         /* "sha256:..." or "" */
};

/* Reads an image name by the grammar of github.com/distribution/reference. ERROR_INPUT: it is not
 * one, or its digest is not a sha256. */
int image_name_parse(const char *text, struct image_name *name, struct error *err) MUST_CHECK;

/* "docker.io/library/nginx:latest", with "@sha256:..." behind where it has a digest. */
void image_name_format(const struct image_name *name, char text[IMAGE_NAME_TEXT_BYTES]);
