// SPDX-License-Identifier: Apache-2.0
/* A superblock; what is accepted is encoded to the same bytes and has a layout. */
#include <stdlib.h>
#include <string.h>

#include "verity/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[VERITY_SUPERBLOCK_BYTES];
	struct verity_params params;
	struct verity_layout layout;
	struct error err;

	if (verity_superblock_parse(data, size, &params, &err) < 0)
		return 0;
	if (verity_superblock_encode(&params, again, &err) < 0 ||
	    memcmp(again, data, sizeof(again)) != 0)
		abort();
	if (verity_layout(&params, &layout, &err) == 0 &&
	    (layout.levels > VERITY_LEVELS_MAX || layout.size_bytes > INT64_MAX))
		abort();
	return 0;
}
