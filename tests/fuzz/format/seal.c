// SPDX-License-Identifier: Apache-2.0
/* A seal partition: what is accepted is encoded to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "format/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal seal;
	struct error err;
	uint8_t *again;
	size_t again_size;

	if (seal_parse(data, size, &seal, &err) < 0)
		return 0;
	if (seal_encode(&seal, &again, &again_size, &err) < 0 || again_size != size ||
	    memcmp(again, data, size) != 0)
		abort();
	free(again);
	return 0;
}
