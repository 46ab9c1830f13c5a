// SPDX-License-Identifier: Apache-2.0
/* A descriptor: what is accepted is encoded to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "format/descriptor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct descriptor descriptor;
	struct error err;
	uint8_t *again;
	size_t again_size;

	if (descriptor_parse(data, size, &descriptor, &err) < 0)
		return 0;
	if (descriptor_encode(&descriptor, &again, &again_size, &err) < 0 || again_size != size ||
	    memcmp(again, data, size) != 0)
		abort();
	free(again);
	return 0;
}
