// SPDX-License-Identifier: Apache-2.0
/* Puts content that several threads produce at once onto the disk in an order that depends on the
 * content alone, so that the image is the same with any number of threads and on any machine.
 *
 * Each thread fills a *lane*, a stream of blocks cut into segments. Lanes advance in proportion to
 * their weights (the sizes of the layers behind them): the next segment on the disk is always one
 * of the lane that is furthest behind, ties going to the lower number, until a lane ends and the
 * others go on without it. Which lane is next is known without looking at a clock; a lane that is
 * early waits, with a bounded number of segments filled.
 *
 *     lane 0, weight 3   a a a a a a          disk   a b a a a b a a ...
 *     lane 1, weight 1   b b
 *
 * So all lanes end at about the same time, and the longest, which bounds the whole build, never
 * waits for the others. A lane of weight 0 comes after all others. */
#pragma once

#include <stdint.h>

#include "builder/seal/pipeline.h"

enum {
	LANES_MAX = 8,
	/* Fewer, and a lane whose thread is off the CPU for a moment stops the others; more gained
	   nothing. */
	LANE_SEGMENTS_AHEAD = 5,
};

struct weave;
struct lane;

/* `first_block` is where the first segment goes; more than `limit_blocks` on the disk is
 * ERROR_INPUT. */
int weave_new(struct pipeline *pipeline, unsigned lanes, const uint64_t *weights,
	      uint64_t first_block, uint64_t limit_blocks, struct weave **weave, struct error *err)
	MUST_CHECK;
void weave_free(struct weave *weave);
DEFINE_CLEANUP(cleanup_weave_p, struct weave, weave_free)
#define cleanup_weave CLEANUP(cleanup_weave_p)

/* Lane `index`, to be used by one thread at a time. Every lane must be ended, or the weave failed.
 */
struct lane *weave_lane(struct weave *weave, unsigned index);

/* Appends content. Waits while the lane is too far ahead. */
int lane_write(struct lane *lane, const uint8_t *bytes, size_t size, struct error *err) MUST_CHECK;
/* Fills the block begun, if any, with zeros. */
int lane_align(struct lane *lane, struct error *err) MUST_CHECK;
/* The block that the next byte goes into, for weave_locate() once all is placed. */
uint64_t lane_place(const struct lane *lane);
int lane_end(struct lane *lane, struct error *err) MUST_CHECK;

/* A lane will not be ended: whoever waits for it stops waiting and fails, with `why`. */
void weave_fail(struct weave *weave, const struct error *why);

/* After all lanes ended: the first block after the content, ... */
uint64_t weave_end_block(const struct weave *weave);
/* ... the block at `place`, and how many of the `blocks` from there on lie directly behind each
 * other. */
uint64_t weave_locate(const struct weave *weave, uint64_t place, uint32_t blocks,
		      uint32_t *contiguous);

/* 0, or -1 with the weave's first failure. */
int weave_failed(struct weave *weave, struct error *err) MUST_CHECK;
