// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

#include "builder/source/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_manifest struct oci_manifest manifest = { 0 };
	struct error err;

	(void)oci_manifest_parse(data, size, &manifest, &err);
	return 0;
}
