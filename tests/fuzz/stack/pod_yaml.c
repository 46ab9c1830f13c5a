// SPDX-License-Identifier: Apache-2.0
/* A Kubernetes Pod that is accepted also gives bundles and a pod.json, or an error in words. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/stack/bundle.h"
#include "builder/stack/pod_record.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_bundle(const struct pod *pod, const struct pod_container *container)
{
	static const char *entrypoint[] = { "/bin/true" };
	static const struct image_config image = { .entrypoint = { 1, entrypoint } };
	static const struct bundle_image source = { .config = &image, .manifest_digest = "" };
	struct error err = { 0 };
	cleanup_json json_t *config = NULL;
	cleanup_free char *text = NULL;
	size_t size = 0;

	if (bundle_config(pod, container, &source, &config, &err) < 0) {
		assert(err.kind == ERROR_INPUT);
		return;
	}
	int result = bundle_config_text(config, &text, &size, &err);
	assert(result == 0);
	cleanup_json json_t *again = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	assert(json_equal(config, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pod_yaml_options options = { .allow_privileged = true };
	static struct pod_record_image images[POD_MAX_CONTAINERS];
	struct error err = { 0 };
	cleanup_pod struct pod *pod = NULL;
	cleanup_free char *record = NULL;
	size_t record_size = 0;

	if (pod_yaml_parse(data, size, &options, &pod, &err) < 0) {
		assert(err.kind == ERROR_INPUT && err.text[0] && !pod);
		return 0;
	}
	for (size_t i = 0; i < pod->container_count; i++) {
		assert(pod_find(pod, pod->containers[i].name) == &pod->containers[i]);
		images[i] = (struct pod_record_image){ pod->containers[i].image, "", "" };
		make_bundle(pod, &pod->containers[i]);
	}
	if (pod_record(pod, images, &record, &record_size, &err) < 0)
		assert(err.kind == ERROR_INPUT);
	return 0;
}
