// SPDX-License-Identifier: Apache-2.0
/* An image config that is accepted also gives a bundle that is JSON, or an error in words. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/stack/bundle.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	cleanup_json json_t *json = NULL, *config = NULL;
	cleanup_image_config struct image_config *image = NULL;
	cleanup_pod struct pod *pod = NULL;
	cleanup_free char *text = NULL;
	size_t text_size;

	if (json_parse(data, size, 1 << 20, &json, &err) < 0 ||
	    image_config_decode(json, &image, &err) < 0) {
		assert(err.kind == ERROR_INPUT && err.text[0] && !image);
		return 0;
	}
	int result = pod_new(&pod, &err);
	assert(result == 0);
	result = pod_add(pod, POD_CONTAINER, "c=oci:x", &err);
	assert(result == 0);
	pod->containers[0].security.read_only_root = true;
	const struct bundle_image source = { .config = image, .manifest_digest = "" };
	if (bundle_config(pod, &pod->containers[0], &source, &config, &err) < 0) {
		assert(err.kind == ERROR_INPUT);
		return 0;
	}
	result = bundle_config_text(config, &text, &text_size, &err);
	assert(result == 0);
	return 0;
}
