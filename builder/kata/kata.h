// SPDX-License-Identifier: Apache-2.0
/* What makes a sealed pod one that Kata Containers boots.
 *
 *  - kata_base.h: does the base distro hold what Kata needs, and nothing that would get in the way;
 *  - kata_files.h: what is added to the base, the same for every pod;
 *  - kata_policy.h: the rules that kata-agent enforces, made from the sealed pod.
 *
 * Nothing here opens a file: the caller brings bytes, and puts into the volumes what comes out. */
#pragma once

#include "builder/kata/kata_base.h"
#include "builder/kata/kata_files.h"
#include "builder/kata/kata_policy.h"

/* What the builder of an image for Kata is told. */
struct kata_options {
	struct kata_programs programs;
	bool allow_exec;
	const char *policy; /* the user's own, checked; NULL: it is made from the pod */
	size_t policy_size;
};
