// SPDX-License-Identifier: Apache-2.0
/* Metadata blocks on their way out: gathered into runs, so that the sink sees few calls. */
#pragma once

#include "builder/ext4/ext4.h"
#include "builder/ext4/layout.h"

struct emitter {
	const struct ext4_sink *sink;
	uint8_t *bytes; /* EMITTER_BLOCKS blocks */
	uint64_t first;
	uint32_t count;
};

int emitter_init(struct emitter *emitter, const struct ext4_sink *sink, struct error *err)
	MUST_CHECK;
void emitter_free(struct emitter *emitter);
#define cleanup_emitter CLEANUP(emitter_free)

/* 4096 zero bytes to fill for `block`, valid until the next call. NULL: the sink failed. */
uint8_t *emitter_block(struct emitter *emitter, uint64_t block, struct error *err);

/* Hands the last blocks to the sink. */
int emitter_flush(struct emitter *emitter, struct error *err) MUST_CHECK;

/* An emitter that takes its blocks from the layout: for those that may lie anywhere. */
struct scatter {
	struct emitter emitter;
	struct layout_cursor cursor;
};

/* As emitter_block(), for the next free block, whose number goes to *block. */
uint8_t *scatter_block(struct scatter *scatter, uint64_t *block, struct error *err);
