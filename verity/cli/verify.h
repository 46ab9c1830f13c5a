// SPDX-License-Identifier: Apache-2.0
/* The two forms of `verify`, and what both are told. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

enum { VERIFY_TRUST_MAX = 16 };

struct verify_options {
	unsigned threads;
	bool json;
	const char *seal; /* "sha256:<hex>", or NULL */
	const char *trust[VERIFY_TRUST_MAX];
	size_t trust_count;
};

/* Both print what holds as text, unless options->json is set; then they add members to `report`,
 * also when they fail: as far as they came. */
int verify_image(const char *path, const struct verify_options *options, json_t *report,
		 struct error *err) MUST_CHECK;
int verify_files(const char *data_path, const char *hash_path, const char *root_text,
		 const struct verify_options *options, json_t *report, struct error *err)
	MUST_CHECK;
