// SPDX-License-Identifier: Apache-2.0
/* The order of content on the disk depends on the content alone: not on which lane is quick, nor on
 * how many threads write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "builder/seal/weave.h"
#include "common/io.h"

enum { LANES = 3, FIRST_BLOCK = 5, LIMIT_BLOCKS = 1 << 20 };

/* How much each lane writes, in blocks, and its weight. The last lane comes after all others. */
static const uint64_t lane_blocks[LANES] = { 4000, 300, 7 };
static const uint64_t lane_weights[LANES] = { 3, 1, 0 };

struct run {
	int image, spill;
	struct pipeline *pipeline;
	struct weave *weave;
	unsigned slow_lane; /* LANES: none */
};

static void start(struct run *run, unsigned threads, const struct sha256_salt *salt)
{
	struct error err;

	run->image = memfd_create("image", MFD_CLOEXEC);
	run->spill = memfd_create("spill", MFD_CLOEXEC);
	assert_true(run->image >= 0 && run->spill >= 0);
	const struct pipeline_options options = {
		.fd = run->image,
		.salt = salt,
		.spill_fd = run->spill,
		.threads = threads,
		.segments = LANES * (LANE_SEGMENTS_AHEAD + 1) + 2 * threads,
	};
	assert_int_equal(pipeline_new(&options, &run->pipeline, &err), 0);
	assert_int_equal(weave_new(run->pipeline, LANES, lane_weights, FIRST_BLOCK, LIMIT_BLOCKS,
				   &run->weave, &err),
			 0);
}

static void stop(struct run *run)
{
	pipeline_free(run->pipeline);
	weave_free(run->weave);
	(void)close(run->image);
	(void)close(run->spill);
}

struct writer {
	struct run *run;
	unsigned lane;
	int result;
	struct error err;
};

/* Block b of lane l is filled with bytes that say so. */
static void *fill_lane(void *argument)
{
	struct writer *w = argument;
	struct lane *lane = weave_lane(w->run->weave, w->lane);
	uint8_t block[PIPELINE_BLOCK_BYTES];

	for (uint64_t b = 0; b < lane_blocks[w->lane] && w->result == 0; b++) {
		memset(block, (int)(w->lane * 64 + b % 61), sizeof(block));
		if (w->run->slow_lane == w->lane && b % 100 == 0)
			(void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
		w->result = lane_write(lane, block, sizeof(block), &w->err);
	}
	if (w->result == 0)
		w->result = lane_end(lane, &w->err);
	return NULL;
}

static void fill(struct run *run)
{
	struct writer writers[LANES] = { 0 };
	pthread_t threads[LANES];
	struct error err;

	for (unsigned l = 0; l < LANES; l++) {
		writers[l].run = run;
		writers[l].lane = l;
		assert_int_equal(pthread_create(&threads[l], NULL, fill_lane, &writers[l]), 0);
	}
	for (unsigned l = 0; l < LANES; l++) {
		assert_int_equal(pthread_join(threads[l], NULL), 0);
		assert_int_equal(writers[l].result, 0);
	}
	assert_int_equal(pipeline_drain(run->pipeline, &err), 0);
}

static uint64_t all_blocks(void)
{
	return lane_blocks[0] + lane_blocks[1] + lane_blocks[2];
}

static void same_bytes_whoever_is_slow(void **state)
{
	const struct sha256_salt salt = { 0 };
	struct run reference = { .slow_lane = LANES };
	size_t size = (size_t)(FIRST_BLOCK + all_blocks()) * PIPELINE_BLOCK_BYTES;
	cleanup_free uint8_t *want = malloc(size), *got = malloc(size);
	struct error err;

	(void)state;
	assert_true(want && got);
	start(&reference, 1, &salt);
	fill(&reference);
	assert_int_equal(weave_end_block(reference.weave), FIRST_BLOCK + all_blocks());
	assert_int_equal(pread_exact(reference.image, want, size, 0, &err), 0);
	stop(&reference);
	for (unsigned slow = 0; slow <= LANES; slow++) {
		struct run run = { .slow_lane = slow };
		start(&run, 1 + slow, &salt);
		fill(&run);
		assert_int_equal(pread_exact(run.image, got, size, 0, &err), 0);
		assert_memory_equal(got, want, size);
		stop(&run);
	}
}

static void a_place_leads_to_its_block(void **state)
{
	const struct sha256_salt salt = { 0 };
	struct run run = { .slow_lane = LANES };
	struct error err;

	(void)state;
	start(&run, 2, &salt);
	uint64_t first_places[LANES];
	for (unsigned l = 0; l < LANES; l++)
		first_places[l] = lane_place(weave_lane(run.weave, l));
	fill(&run);
	for (unsigned l = 0; l < LANES; l++) {
		for (uint64_t b = 0; b < lane_blocks[l];) {
			uint32_t left = (uint32_t)(lane_blocks[l] - b), n = 0;
			uint64_t block = weave_locate(run.weave, first_places[l] + b, left, &n);
			assert_in_range(n, 1, left);
			for (uint32_t i = 0; i < n; i++) {
				uint8_t byte;
				assert_int_equal(pread_exact(run.image, &byte, 1,
							     (block + i) * PIPELINE_BLOCK_BYTES,
							     &err),
						 0);
				assert_int_equal(byte, l * 64 + (b + i) % 61);
			}
			b += n;
		}
	}
	stop(&run);
}

/* Lanes of weight 3 and 1 share the disk 3 to 1 while both last. */
static void lanes_advance_by_weight(void **state)
{
	const struct sha256_salt salt = { 0 };
	struct run run = { .slow_lane = LANES };
	uint32_t n;

	(void)state;
	start(&run, 1, &salt);
	uint64_t second = lane_place(weave_lane(run.weave, 1));
	fill(&run);
	/* (1 + 1) / 1 is reached after lane 0's segments (1, 2, 3) / 3: three of lane 0 come first,
	 * the tie is lane 0's */
	assert_int_equal(weave_locate(run.weave, second, 1, &n), FIRST_BLOCK + 3 * SEGMENT_BLOCKS);
	stop(&run);
}

static void too_much_content_is_refused(void **state)
{
	const struct sha256_salt salt = { 0 };
	struct run run = { 0 };
	struct error err = { 0 };
	uint8_t segment[PIPELINE_BLOCK_BYTES] = { 0 };
	int result = 0;

	(void)state;
	start(&run, 1, &salt);
	weave_free(run.weave);
	assert_int_equal(weave_new(run.pipeline, 1, lane_weights, FIRST_BLOCK, FIRST_BLOCK + 600,
				   &run.weave, &err),
			 0);
	for (int b = 0; b < 1024 && result == 0; b++)
		result = lane_write(weave_lane(run.weave, 0), segment, sizeof(segment), &err);
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, "--size-limit"));
	stop(&run);
}

/* A reader that failed must not leave the other lanes waiting for its segments. */
static void a_lane_that_fails_wakes_the_others(void **state)
{
	const struct sha256_salt salt = { 0 };
	struct run run = { .slow_lane = LANES };
	struct writer writer = { .run = &run, .lane = 0 };
	struct error why, err;
	pthread_t thread;

	(void)state;
	start(&run, 1, &salt);
	assert_int_equal(pthread_create(&thread, NULL, fill_lane, &writer), 0);
	(void)error_input(&why, "lane 1 is damaged");
	weave_fail(run.weave, &why);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(writer.result, -1);
	assert_string_equal(writer.err.text, "lane 1 is damaged");
	assert_int_equal(weave_failed(run.weave, &err), -1);
	stop(&run);
}

/* The digests in the spill file are those of the blocks on the disk. */
static void digests_are_spilled_in_place(void **state)
{
	static const uint8_t salt_bytes[32] = "a salt of thirty-two bytes, padd";
	const struct sha256_salt salt = { salt_bytes, sizeof(salt_bytes), SHA256_SALT_FIRST };
	struct run run = { .slow_lane = LANES };
	struct error err;

	(void)state;
	start(&run, 2, &salt);
	fill(&run);
	for (uint64_t b = FIRST_BLOCK; b < weave_end_block(run.weave); b += 37) {
		uint8_t block[PIPELINE_BLOCK_BYTES], got[SHA256_BYTES], want[1][SHA256_BYTES];
		assert_int_equal(
			pread_exact(run.image, block, sizeof(block), b * sizeof(block), &err), 0);
		assert_int_equal(pread_exact(run.spill, got, sizeof(got), b * sizeof(got), &err),
				 0);
		assert_int_equal(
			sha256_many_by(SHA256_OPENSSL, &salt, block, sizeof(block), 1, want, &err),
			0);
		assert_memory_equal(got, want[0], sizeof(got));
	}
	stop(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bytes_whoever_is_slow),
		cmocka_unit_test(a_place_leads_to_its_block),
		cmocka_unit_test(lanes_advance_by_weight),
		cmocka_unit_test(too_much_content_is_refused),
		cmocka_unit_test(a_lane_that_fails_wakes_the_others),
		cmocka_unit_test(digests_are_spilled_in_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
