// SPDX-License-Identifier: Apache-2.0
/* The input's first line as a reference, the rest as pod.json. What is found has the name that was
 * asked for. */
#include <string.h>

#include "guest-init/imaged/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	cleanup_sealed_pod struct sealed_pod pod = { .count = 0 };
	struct image_name wanted;
	struct error err;
	size_t found;

	if (!end)
		return 0;
	cleanup_free char *text = strndup((const char *)data, (size_t)(end - data));
	if (sealed_pod_parse(end + 1, size - (size_t)(end + 1 - data), &pod, &err) < 0 ||
	    reference_find(text, &pod, &found, &err) < 0)
		return 0;
	if (found >= pod.count || image_name_parse(text, &wanted, &err) < 0 ||
	    strcmp(wanted.repository, pod.containers[found].image.repository) != 0)
		__builtin_trap();
	return 0;
}
