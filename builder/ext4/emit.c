// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/emit.h"

#include <string.h>

enum { EMITTER_BLOCKS = 64 };

int emitter_init(struct emitter *emitter, const struct ext4_sink *sink, struct error *err)
{
	uint8_t *bytes = malloc((size_t)EMITTER_BLOCKS * EXT4_BLOCK_BYTES);
	if (!bytes)
		return error_memory(err);
	*emitter = (struct emitter){ .sink = sink, .bytes = bytes };
	return 0;
}

void emitter_free(struct emitter *emitter)
{
	free(emitter->bytes);
	emitter->bytes = NULL;
}

int emitter_flush(struct emitter *emitter, struct error *err)
{
	const struct ext4_sink *sink = emitter->sink;
	uint32_t count = emitter->count;

	emitter->count = 0;
	if (count == 0)
		return 0;
	return sink->write(sink->context, emitter->first, emitter->bytes, count, err);
}

uint8_t *emitter_block(struct emitter *emitter, uint64_t block, struct error *err)
{
	if (emitter->count == EMITTER_BLOCKS || emitter->first + emitter->count != block) {
		if (emitter_flush(emitter, err) < 0)
			return NULL;
		emitter->first = block;
	}
	uint8_t *bytes = emitter->bytes + (size_t)emitter->count * EXT4_BLOCK_BYTES;
	emitter->count++;
	return memset(bytes, 0, EXT4_BLOCK_BYTES);
}

uint8_t *scatter_block(struct scatter *scatter, uint64_t *block, struct error *err)
{
	*block = layout_next_block(&scatter->cursor);
	return emitter_block(&scatter->emitter, *block, err);
}
