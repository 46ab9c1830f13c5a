// SPDX-License-Identifier: Apache-2.0
/* Which sealed container an image reference means. Pure. */
#pragma once

#include "guest-init/imaged/sealed_pod.h"

/* The reference as the container runtime gives it: short or in full, with a tag, a digest or both.
 *
 *  - The repository is that of the sealed image, in full: the same bytes under another name are
 *    another image.
 *  - With a digest: it is the sealed manifest's, or the one that the pod was sealed with, which
 *    may be that of a multi-platform index. A tag beside it says nothing more, as elsewhere.
 *  - Without: the tag is the sealed one ("latest" if there is none), and no two sealed images
 *    have it.
 *
 * Containers of one image have the same root file system below their own writes, so the first of
 * them stands for all. *container is its index. ERROR_INPUT: not an image reference.
 * ERROR_MISMATCH: it means none, or not exactly one; the message says what is sealed. */
int reference_find(const char *text, const struct sealed_pod *pod, size_t *container,
		   struct error *err) MUST_CHECK;
