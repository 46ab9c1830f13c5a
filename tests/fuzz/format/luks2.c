// SPDX-License-Identifier: Apache-2.0
/* A LUKS2 header, as it comes and with its checksums made right: what is accepted is written again
 * to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "format/luks2.h"
#include "format/luks2_disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_parse(const uint8_t *header)
{
	uint8_t again[LUKS2_HEADER_BYTES];
	struct luks2 luks2;
	struct error err;

	if (luks2_parse(header, LUKS2_HEADER_BYTES, &luks2, &err) < 0)
		return;
	if (luks2_write(&luks2, again, &err) < 0 || memcmp(again, header, sizeof(again)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t header[LUKS2_HEADER_BYTES] = { 0 };

	memcpy(header, data, size < sizeof(header) ? size : sizeof(header));
	try_parse(header);
	for (size_t copy = 0; copy < 2; copy++) {
		uint8_t *start = header + copy * LUKS2_COPY_BYTES;
		luks2_checksum(start, start + offsetof(struct luks2_disk_header, checksum));
	}
	try_parse(header);
	return 0;
}
