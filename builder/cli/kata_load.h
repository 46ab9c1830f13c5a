// SPDX-License-Identifier: Apache-2.0
/* What `podseal build --kata` reads beside the images. */
#pragma once

#include "builder/kata/kata.h"

/* Borrows nothing: kata_loaded_release() frees it all, also when half made. */
struct kata_loaded {
	struct kata_options options;
	uint8_t *imaged, *no_disks, *pause, *policy;
};

/* The programs that go into the base, for a base of `arch` ("amd64", "arm64"), and the policy in
 * `policy_path` (NULL: one is made from the pod). */
int kata_load(const char *arch, const char *policy_path, bool allow_exec,
	      struct kata_loaded *loaded, struct error *err) MUST_CHECK;
void kata_loaded_release(struct kata_loaded *loaded);
