// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/content_checksum.h"

#include <isa-l/crc64.h>

uint64_t content_checksum_update(uint64_t checksum, const void *blocks, size_t size)
{
	return crc64_ecma_refl(checksum, blocks, size);
}
