// SPDX-License-Identifier: Apache-2.0
/* Feeds an inflater a stream in pieces, until it ends, fails or has made 4 MiB. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "builder/source/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void inflate_in_pieces(enum layer_format format, const uint8_t *data, size_t size)
{
	/* the first byte: how large the pieces are */
	static uint8_t out[1 << 17];
	cleanup_inflater struct inflater *inflater = NULL;
	size_t piece = size ? 1 + (size_t)data[0] * data[0] : 1, given = size ? 1 : 0;
	struct span in = { data, 0 };
	uint64_t total = 0;
	struct error err;

	if (inflater_new(format, &inflater, &err) < 0)
		return;
	while (total < 4 << 20) {
		size_t produced;
		if (inflater_step(inflater, &in, out, piece, &produced, &err) < 0)
			return;
		total += produced;
		if (produced == piece)
			continue;
		if (given == size) {
			(void)inflater_end(inflater, &err);
			return;
		}
		in.bytes = data + given;
		in.size = size - given < piece ? size - given : piece;
		given += in.size;
	}
}
