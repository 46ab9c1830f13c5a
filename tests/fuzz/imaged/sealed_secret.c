// SPDX-License-Identifier: Apache-2.0
/* A sealed secret; and what it points to, taken for a resource's URI. */
#include <string.h>

#include "guest-init/imaged/resource.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[RESOURCE_PATH_BYTES], uri[RESOURCE_PATH_BYTES + 8] = "kbs:///";
	struct error err;

	if (sealed_secret_parse(data, size, path, &err) < 0)
		return 0;
	if (!resource_path_valid(path))
		__builtin_trap();
	memcpy(uri + 7, path, strlen(path) + 1);
	if (resource_uri_parse(uri, path, &err) < 0)
		__builtin_trap();
	return 0;
}
