// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>

#include "builder/source/oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_oci_index struct oci_index index = { 0 };
	const struct platform platform = { "amd64", "v3" };
	const struct oci_descriptor *chosen;
	struct error err;

	if (oci_index_parse(data, size, &index, &err) < 0)
		return 0;
	(void)oci_index_choose_tag(&index, NULL, &platform, &chosen, &err);
	(void)oci_index_choose_tag(&index, "latest", &platform, &chosen, &err);
	(void)oci_index_choose_platform(&index, &platform, &chosen, &err);
	return 0;
}
