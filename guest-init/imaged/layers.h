// SPDX-License-Identifier: Apache-2.0
/* What takes a container's writes: IMAGED_SCRATCH/containers/ID, with the overlay's folders upper/
 * and work/ and a link `container` whose target is the sealed container's name, so that it is known
 * across restarts of the service what was mounted.
 *
 * Nobody says when a container is gone: kata-agent unmounts its root file system and that is all.
 * So what is not mounted any more is moved to IMAGED_SCRATCH/trash and deleted on the side. */
#pragma once

#include "guest-init/imaged/bundle.h"
#include "guest-init/imaged/sealed_pod.h"

/* Makes the folders, and where podseal-init left no scratch a tmpfs of at most half of the memory.
 * Begins to delete what a service before this one had left to delete. */
int layers_prepare(const char *scratch, struct error *err) MUST_CHECK;

/* The name of the sealed container whose writes ID takes; "" where there is none. */
void layers_find(const char *scratch, const char *id, char name[SEALED_NAME_BYTES]);

/* Gives up the layers of all IDs that have nothing mounted below `bundles`. */
void layers_collect(const char *scratch, const char *bundles);

/* Fresh ones for ID, whose root has mode and owner of the folder `lower`. */
int layers_make(const char *scratch, const char *id, const char *name, const char *lower,
		struct error *err) MUST_CHECK;

/* Mounts the overlay of `lower` and ID's layers on the folder `target_fd`. Device nodes in it have
 * no meaning. */
int layers_mount(const char *scratch, const char *id, const char *lower, int target_fd,
		 struct error *err) MUST_CHECK;

void layers_discard(const char *scratch, const char *id);
