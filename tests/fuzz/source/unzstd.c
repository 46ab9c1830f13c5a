// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/source/inflate_in_pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	inflate_in_pieces(LAYER_ZSTD, data, size);
	return 0;
}
