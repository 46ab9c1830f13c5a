// SPDX-License-Identifier: Apache-2.0
/* A pull: the sealed container that the reference means becomes the bundle that kata-agent asked
 * for, a writable overlay above the sealed root file system and the sealed config.json (which
 * kata-agent replaces by the host's, as its policy allowed it). No file of the image is read.
 *
 * A second pull into a bundle that is in use gives the same answer and changes nothing, so that a
 * call whose answer got lost can be made again; for another image it is refused. */
#pragma once

#include "guest-init/imaged/message.h"
#include "guest-init/imaged/sealed_pod.h"

struct image_store {
	struct sealed_pod pod;
	const char *root, *scratch, *bundles; /* IMAGED_POD and so on */
};

/* *container: index of the one that was taken. ERROR_INPUT: no image reference, no bundle path, or
 * what is there is no folder. ERROR_MISMATCH: not sealed, or another image is in the bundle. */
int pull_image(const struct image_store *store, const struct pull_request *request,
	       size_t *container, struct error *err) MUST_CHECK;
