// SPDX-License-Identifier: Apache-2.0
#include "guest-init/imaged/pull.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "guest-init/imaged/layers.h"
#include "guest-init/imaged/reference.h"

static int check_same(const struct image_store *store, const char *id, const char *name,
		      struct error *err)
{
	char there[SEALED_NAME_BYTES];

	layers_find(store->scratch, id, there);
	if (there[0] == '\0')
		return error_mismatch(err,
				      "bundle %s has a root file system already, from "
				      "somewhere else",
				      id);
	if (strcmp(there, name) != 0)
		return error_mismatch(err, "bundle %s has the image of container %s already", id,
				      there);
	return 0;
}

static int fill(const struct image_store *store, const char *id, const char *name,
		const struct bundle *bundle, struct error *err)
{
	char lower[PATH_MAX], config[PATH_MAX];

	(void)snprintf(lower, sizeof(lower), "%s/containers/%s/rootfs", store->root, name);
	(void)snprintf(config, sizeof(config), "%s/containers/%s/config.json", store->root, name);
	if (layers_make(store->scratch, id, name, lower, err) < 0 ||
	    bundle_put_config(bundle, config, err) < 0 ||
	    layers_mount(store->scratch, id, lower, bundle->rootfs_fd, err) < 0) {
		layers_discard(store->scratch, id);
		return error_prefix(err, "container %s", name);
	}
	return 0;
}

int pull_image(const struct image_store *store, const struct pull_request *request,
	       size_t *container, struct error *err)
{
	cleanup_bundle struct bundle bundle = { .fd = -1, .rootfs_fd = -1 };
	char id[BUNDLE_ID_BYTES];
	const char *name;
	size_t found;

	if (reference_find(request->image, &store->pod, &found, err) < 0 ||
	    bundle_path_parse(request->bundle, id, err) < 0 ||
	    bundle_open(store->bundles, id, &bundle, err) < 0)
		return -1;
	name = store->pod.containers[found].name;
	if (bundle.mounted) {
		if (check_same(store, id, name, err) < 0)
			return -1;
	} else {
		layers_collect(store->scratch, store->bundles);
		if (fill(store, id, name, &bundle, err) < 0)
			return -1;
	}
	*container = found;
	return 0;
}
