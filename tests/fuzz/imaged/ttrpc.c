// SPDX-License-Identifier: Apache-2.0
/* A client's frames, in pieces whose sizes the input chooses too. */
#include <string.h>

#include "guest-init/imaged/ttrpc.h"

enum { BUDGET = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t budget = BUDGET, used = 0, room;
	struct ttrpc_reader reader;
	uint8_t *place;

	ttrpc_reader_init(&reader, &budget);
	while (used < size) {
		ttrpc_reader_place(&reader, &place, &room);
		size_t n = 1 + (data[used] & 63) * 7u;
		n = n < room ? n : room;
		n = n < size - used ? n : size - used;
		memcpy(place, data + used, n);
		used += n;
		if (ttrpc_reader_take(&reader, n) == TTRPC_FRAME &&
		    (reader.header.size > BUDGET || reader.header.stream % 2 == 0))
			__builtin_trap();
	}
	ttrpc_reader_clear(&reader);
	if (budget != BUDGET)
		__builtin_trap();
	return 0;
}
