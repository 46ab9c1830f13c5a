// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

#include "builder/source/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_config struct oci_config config = { 0 };
	struct error err;

	(void)oci_config_parse(data, size, &config, &err);
	return 0;
}
