// SPDX-License-Identifier: Apache-2.0
#include "builder/source/gunzip.h"

#include <stdbool.h>

#include <isa-l/igzip_lib.h>

/* ISA-L counts in 32 bits. */
enum { STEP_BYTES = 1 << 30 };

struct gunzip {
	struct inflate_state state;
	bool between; /* members: at the start, or after one */
	bool started; /* a first member was begun */
	bool padding; /* zeros follow the last member, and nothing else may */
};

int gunzip_new(struct gunzip **gunzip, struct error *err)
{
	struct gunzip *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	isal_inflate_init(&made->state);
	made->between = true;
	*gunzip = made;
	return 0;
}

void gunzip_free(struct gunzip *gunzip)
{
	free(gunzip);
}

/* Begins the next member, or passes over padding. */
static int next_member(struct gunzip *g, struct span *in, struct error *err)
{
	while (g->started && in->size && in->bytes[0] == 0) {
		g->padding = true;
		in->bytes++;
		in->size--;
	}
	if (in->size == 0)
		return 0;
	if (g->padding || (g->started && in->bytes[0] != 0x1f))
		return error_input(err, "garbage after the end of the gzip data");
	isal_inflate_reset(&g->state);
	g->state.crc_flag = ISAL_GZIP;
	g->started = true;
	g->between = false;
	return 0;
}

static int inflate_error(int code, struct error *err)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return error_input(err, "damaged gzip data: wrong checksum or length");
	case ISAL_INVALID_WRAPPER:
		return error_input(err, "damaged gzip data: no gzip header");
	case ISAL_UNSUPPORTED_METHOD:
		return error_input(err, "damaged gzip data: its method is not deflate");
	case ISAL_INVALID_LOOKBACK:
		return error_input(err, "damaged gzip data: a reference before its start");
	default:
		return error_input(err, "damaged gzip data");
	}
}

int gunzip_step(struct gunzip *g, struct span *in, uint8_t *out, size_t capacity, size_t *produced,
		struct error *err)
{
	size_t done = 0;

	while (done < capacity) {
		if (g->between && next_member(g, in, err) < 0)
			return -1;
		if (g->between)
			break;
		uint32_t offered = (uint32_t)(in->size < STEP_BYTES ? in->size : STEP_BYTES);
		uint32_t room =
			(uint32_t)(capacity - done < STEP_BYTES ? capacity - done : STEP_BYTES);
		g->state.next_in = (uint8_t *)(uintptr_t)in->bytes;
		g->state.avail_in = offered;
		g->state.next_out = out + done;
		g->state.avail_out = room;
		int code = isal_inflate(&g->state);
		/* positive: it wants more input, in the middle of a header */
		if (code < 0)
			return inflate_error(code, err);
		in->bytes += offered - g->state.avail_in;
		in->size -= offered - g->state.avail_in;
		done += room - g->state.avail_out;
		g->between = g->state.block_state == ISAL_BLOCK_FINISH;
		if (!g->between && g->state.avail_out == room && g->state.avail_in == offered)
			break;
	}
	*produced = done;
	return 0;
}

int gunzip_end(const struct gunzip *g, struct error *err)
{
	return g->between && g->started ? 0 : error_input(err, "the gzip data ends too early");
}
