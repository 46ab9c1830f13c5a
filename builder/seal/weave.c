// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/weave.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

/* A place is a lane and a block of its stream; only a lane's last segment is short. */
enum { PLACE_LANE_SHIFT = 56, LANE_SEGMENTS_LOW = LANE_SEGMENTS_AHEAD / 2 };

struct lane {
	struct weave *weave;
	unsigned index;
	uint64_t weight;
	/* the filling thread's own */
	struct segment *filling;
	size_t filled_bytes;
	uint64_t segments_begun; /* filled or being filled */
	/* under the weave's lock */
	struct segment *waiting, **waiting_end;
	unsigned waiting_count;
	bool ended;
	uint64_t *starts; /* the block of each segment placed */
	uint64_t placed, starts_capacity;
};

struct weave {
	struct pipeline *pipeline;
	pthread_mutex_t lock;
	pthread_cond_t placed; /* a segment was, or all failed */
	uint64_t next_block, limit_blocks;
	struct error failure;
	unsigned lane_count;
	struct lane lanes[LANES_MAX + 1];
};

int weave_new(struct pipeline *pipeline, unsigned lanes, const uint64_t *weights,
	      uint64_t first_block, uint64_t limit_blocks, struct weave **weave, struct error *err)
{
	struct weave *w = calloc(1, sizeof(*w));

	if (!w)
		return error_memory(err);
	w->pipeline = pipeline;
	w->next_block = first_block;
	w->limit_blocks = limit_blocks;
	w->lane_count = lanes;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->placed, NULL);
	for (unsigned i = 0; i < lanes; i++) {
		struct lane *lane = &w->lanes[i];
		lane->weave = w;
		lane->index = i;
		lane->weight = weights[i];
		lane->waiting_end = &lane->waiting;
	}
	*weave = w;
	return 0;
}

void weave_free(struct weave *w)
{
	if (!w)
		return;
	for (unsigned i = 0; i < w->lane_count; i++)
		free(w->lanes[i].starts);
	pthread_cond_destroy(&w->placed);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

struct lane *weave_lane(struct weave *w, unsigned index)
{
	return &w->lanes[index];
}

/* a is further behind than b: (a.placed + 1) / a.weight < (b.placed + 1) / b.weight, without
 * dividing */
static bool behind(const struct lane *a, const struct lane *b)
{
	if (a->weight == 0 || b->weight == 0)
		return a->weight != 0;
	return (unsigned __int128)(a->placed + 1) * b->weight <
	       (unsigned __int128)(b->placed + 1) * a->weight;
}

/* The lane whose segment comes next on the disk, or NULL when all lanes are used up. */
static struct lane *due(struct weave *w)
{
	struct lane *next = NULL;

	for (unsigned i = 0; i < w->lane_count; i++) {
		struct lane *lane = &w->lanes[i];
		bool used_up = lane->ended && !lane->waiting;
		if (!used_up && (!next || behind(lane, next)))
			next = lane;
	}
	return next;
}

static int remember_start(struct lane *lane, uint64_t block, struct error *err)
{
	if (lane->placed == lane->starts_capacity) {
		uint64_t capacity = lane->starts_capacity ? 2 * lane->starts_capacity : 64;
		uint64_t *starts = realloc(lane->starts, capacity * sizeof(*starts));
		if (!starts)
			return error_memory(err);
		lane->starts = starts;
		lane->starts_capacity = capacity;
	}
	lane->starts[lane->placed++] = block;
	return 0;
}

/* Places every segment whose turn has come. Under the lock. */
static void advance(struct weave *w)
{
	struct lane *lane;
	bool wake = false;

	while (w->failure.kind == ERROR_NONE && (lane = due(w)) && lane->waiting) {
		struct segment *s = lane->waiting;
		lane->waiting = s->next;
		if (!lane->waiting)
			lane->waiting_end = &lane->waiting;
		wake |= --lane->waiting_count == LANE_SEGMENTS_LOW;
		s->first_block = w->next_block;
		w->next_block += s->blocks;
		if (w->next_block > w->limit_blocks) {
			(void)error_input(
				&w->failure,
				"the file system would exceed %llu bytes; --size-limit allows more",
				(unsigned long long)w->limit_blocks * PIPELINE_BLOCK_BYTES);
			pipeline_drop(w->pipeline, s);
			break;
		}
		if (remember_start(lane, s->first_block, &w->failure) < 0) {
			pipeline_drop(w->pipeline, s);
			break;
		}
		pipeline_put(w->pipeline, s);
	}
	if (wake || w->failure.kind != ERROR_NONE)
		pthread_cond_broadcast(&w->placed);
}

static int failed(const struct weave *w, struct error *err)
{
	if (w->failure.kind == ERROR_NONE)
		return 0;
	*err = w->failure;
	return -1;
}

static int hand_over(struct lane *lane, struct error *err)
{
	struct weave *w = lane->weave;
	struct segment *s = take_ptr(lane->filling);

	s->blocks = (uint32_t)(lane->filled_bytes / PIPELINE_BLOCK_BYTES);
	s->next = NULL;
	pthread_mutex_lock(&w->lock);
	*lane->waiting_end = s;
	lane->waiting_end = &s->next;
	lane->waiting_count++;
	advance(w);
	int result = failed(w, err);
	pthread_mutex_unlock(&w->lock);
	return result;
}

/* Waits until the lane may fill another segment, so that the lane that is due always finds a
 * buffer. */
static int begin_segment(struct lane *lane, struct error *err)
{
	struct weave *w = lane->weave;

	pthread_mutex_lock(&w->lock);
	/* once full, not before half of it is placed: a switch of threads costs as much as a
	 * segment */
	if (lane->waiting_count >= LANE_SEGMENTS_AHEAD)
		while (lane->waiting_count > LANE_SEGMENTS_LOW && w->failure.kind == ERROR_NONE)
			pthread_cond_wait(&w->placed, &w->lock);
	int result = failed(w, err);
	pthread_mutex_unlock(&w->lock);
	if (result < 0)
		return -1;
	if (pipeline_get(w->pipeline, &lane->filling, err) < 0) {
		weave_fail(w, err); /* before a reader blames its layer for a full disk */
		return -1;
	}
	lane->filled_bytes = 0;
	lane->segments_begun++;
	return 0;
}

int lane_write(struct lane *lane, const uint8_t *bytes, size_t size, struct error *err)
{
	while (size) {
		if (!lane->filling && begin_segment(lane, err) < 0)
			return -1;
		size_t room = SEGMENT_BYTES - lane->filled_bytes;
		size_t n = size < room ? size : room;
		memcpy(lane->filling->bytes + lane->filled_bytes, bytes, n);
		lane->filled_bytes += n;
		bytes += n;
		size -= n;
		if (lane->filled_bytes == SEGMENT_BYTES && hand_over(lane, err) < 0)
			return -1;
	}
	return 0;
}

int lane_align(struct lane *lane, struct error *err)
{
	static const uint8_t zero[PIPELINE_BLOCK_BYTES];
	size_t over = lane->filling ? lane->filled_bytes % PIPELINE_BLOCK_BYTES : 0;

	return over ? lane_write(lane, zero, PIPELINE_BLOCK_BYTES - over, err) : 0;
}

uint64_t lane_place(const struct lane *lane)
{
	uint64_t block = lane->filling ? (lane->segments_begun - 1) * SEGMENT_BLOCKS +
						 lane->filled_bytes / PIPELINE_BLOCK_BYTES
				       : lane->segments_begun * SEGMENT_BLOCKS;

	return (uint64_t)lane->index << PLACE_LANE_SHIFT | block;
}

int lane_end(struct lane *lane, struct error *err)
{
	struct weave *w = lane->weave;

	if (lane_align(lane, err) < 0 || (lane->filling && hand_over(lane, err) < 0))
		return -1;
	pthread_mutex_lock(&w->lock);
	lane->ended = true;
	advance(w);
	int result = failed(w, err);
	pthread_mutex_unlock(&w->lock);
	return result;
}

void weave_fail(struct weave *w, const struct error *why)
{
	pthread_mutex_lock(&w->lock);
	if (w->failure.kind == ERROR_NONE)
		w->failure = *why;
	pthread_cond_broadcast(&w->placed);
	pthread_mutex_unlock(&w->lock);
}

uint64_t weave_end_block(const struct weave *w)
{
	return w->next_block;
}

uint64_t weave_locate(const struct weave *w, uint64_t place, uint32_t blocks, uint32_t *contiguous)
{
	const struct lane *lane = &w->lanes[place >> PLACE_LANE_SHIFT];
	uint64_t block = place & ((UINT64_C(1) << PLACE_LANE_SHIFT) - 1);
	uint64_t segment = block / SEGMENT_BLOCKS;
	uint32_t within = (uint32_t)(block % SEGMENT_BLOCKS);
	uint64_t first = lane->starts[segment] + within;
	uint32_t n = SEGMENT_BLOCKS - within;

	while (n < blocks && segment + 1 < lane->placed &&
	       lane->starts[segment + 1] == lane->starts[segment] + SEGMENT_BLOCKS) {
		n += SEGMENT_BLOCKS;
		segment++;
	}
	*contiguous = n < blocks ? n : blocks;
	return first;
}

int weave_failed(struct weave *w, struct error *err)
{
	pthread_mutex_lock(&w->lock);
	int result = failed(w, err);
	pthread_mutex_unlock(&w->lock);
	return result;
}
