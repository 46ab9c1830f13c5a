// SPDX-License-Identifier: Apache-2.0
/* Which machine an image is for (OCI image specification, image-index.md, "platform"). Private to
 * builder/source/. */
#pragma once

#include <stddef.h>

#include "common/error.h"

struct platform {
	char architecture[32]; /* Go's name: "amd64", "arm64" */
	char variant[16];      /* "v8", or "" */
};

/* "arm64" or "arm64/v8"; NULL: this machine's. ERROR_USAGE if malformed or too long. */
int platform_parse(const char *text, struct platform *platform, struct error *err) MUST_CHECK;

/* How well an image for `architecture` and `variant` (NULL: none named) serves `wanted`: -1 not at
 * all, else more is better. A variant runs on its own and on later ones ("v7" on "v8"); without one
 * an image, and a wish, mean the architecture's usual baseline: v8 of arm64, v7 of arm, v1 of
 * others. */
int platform_rank(const struct platform *wanted, const char *architecture, const char *variant);
