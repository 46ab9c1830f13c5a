// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

#include "builder/source/docker_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { NULL, "nginx", "@1" };
	struct error err;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cleanup_docker_manifest struct docker_manifest manifest = { 0 };
		(void)docker_manifest_parse(data, size, names[i], &manifest, &err);
	}
	return 0;
}
