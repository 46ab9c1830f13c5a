// SPDX-License-Identifier: Apache-2.0
/* Numbers only: whatever the need, the layout is one that ext4 allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "builder/ext4/layout.h"
#include "common/checked.h"

static void check_spaces(const struct layout *layout, const struct layout_need *need)
{
	uint64_t tables = 0, scattered = 0, runs = 0, free_blocks = 0;
	for (size_t i = 0; i < layout->space_count; i++) {
		const struct layout_space *space = &layout->spaces[i];
		assert_true(space->used <= space->count);
		assert_true(space->used ==
			    space->tables * layout->table_blocks + space->runs + space->scattered);
		tables += space->tables;
		scattered += space->scattered;
		runs += space->runs;
		if (i + 1 < layout->space_count) {
			assert_true(space->first + space->count <= space[1].first);
			free_blocks += space->count - space->used;
		}
	}
	assert_true(tables == layout->groups);
	assert_true(scattered == need->scattered + 2 * (uint64_t)layout->groups);
	assert_true(runs == need->runs);
	assert_true(free_blocks == layout->free_blocks);
}

static void check_cursors(const struct layout *layout, const struct layout_need *need)
{
	struct layout_cursor tables = { .layout = layout }, blocks = { .layout = layout };
	uint64_t last = 0;
	for (uint32_t i = 0; i < layout->groups; i++) {
		uint64_t table = layout_next_table(&tables);
		assert_true(table > last && table + layout->table_blocks <= layout->total_blocks);
		last = table + layout->table_blocks - 1;
	}
	last = 0;
	for (uint64_t i = 0; i < need->scattered + 2 * (uint64_t)layout->groups; i++) {
		uint64_t block = layout_next_block(&blocks);
		assert_true(block > last && block < layout->total_blocks);
		last = block;
	}
}

static void check(const struct ext4_options *options, const struct layout_need *need)
{
	struct layout layout;
	struct error err;
	if (layout_make(options, need, &layout, &err) < 0) {
		fail_msg("%s", err.text);
		return;
	}
	assert_true(layout.total_blocks >= options->data_end);
	assert_true(layout.total_blocks <= options->limit_blocks);
	assert_true(layout.blocks_per_group % 8 == 0 && layout.blocks_per_group <= 32768);
	assert_true(div_up_u64(layout.total_blocks, layout.blocks_per_group) == layout.groups);
	assert_true(layout.inodes_per_group % 16 == 0 && layout.inodes_per_group <= 32768);
	assert_true((uint64_t)layout.inodes_per_group * layout.groups >= need->inodes);
	assert_true((uint64_t)layout.inodes_per_group * layout.groups <
		    need->inodes + 16 * (uint64_t)layout.groups);
	assert_int_equal(layout.descriptor_bytes, layout.total_blocks > UINT32_MAX ? 64 : 32);
	assert_true(1 + layout.descriptor_blocks <= ext4_data_start(options->limit_blocks));
	check_spaces(&layout, need);
	check_cursors(&layout, need);
	layout_free(&layout);
}

static void test_sizes(void **state)
{
	(void)state;
	static const uint64_t ends[] = { 0, 1, 32700, 32768, 98304, 1000000, 4194304, 16777216 };
	static const uint64_t inodes[] = { 11, 16, 17, 32768, 32769, 65536, 65537, 1000000 };
	static const uint64_t scattered[] = { 1, 5000, 100000 };
	static const uint64_t runs[] = { 0, 7000 };
	for (size_t e = 0; e < 8; e++) {
		for (size_t i = 0; i < 8; i++) {
			for (size_t s = 0; s < 6; s++) {
				struct ext4_options options = { .limit_blocks = 1 << 25 };
				struct layout_need need = { inodes[i], scattered[s / 2],
							    runs[s % 2] };
				options.data_end = ext4_data_start(1 << 25) + ends[e];
				check(&options, &need);
			}
		}
	}
}

static void test_every_size_around_the_second_group(void **state)
{
	(void)state;
	for (uint64_t blocks = 32500; blocks < 33500; blocks++) {
		struct ext4_options options = { .limit_blocks = 100000 };
		struct layout_need need = { 300 + blocks % 17, 20, 0 };
		options.data_end = ext4_data_start(100000) + blocks;
		check(&options, &need);
	}
}

/* Tables go into gaps that hold one, single blocks fill the others. */
static void test_gaps(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (unsigned round = 0; round < 500; round++) {
		struct block_range ranges[20];
		struct ext4_options options = { .limit_blocks = 1 << 24, .free_ranges = ranges };
		uint64_t at = ext4_data_start(1 << 24);
		for (size_t i = 0; i < 20; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			ranges[i] = (struct block_range){ at + 1 + (seed >> 40) % 30000,
							  1 + (seed >> 33) % 700 };
			at = ranges[i].first + ranges[i].count;
		}
		options.free_count = 20;
		/* The last range may reach up to the end of the content. */
		options.data_end = at + round % 2;
		struct layout_need need = { 11 + (seed >> 20) % 60000, (seed >> 30) % 9000,
					    round % 3 ? 0 : 5000 };
		check(&options, &need);
	}
}

static void test_more_than_32_bits_of_blocks(void **state)
{
	(void)state;
	uint64_t limit = UINT64_C(1) << 33;
	for (uint64_t less = 0; less < 500000; less += 70000) {
		struct ext4_options options = { .limit_blocks = limit,
						.data_end = UINT32_MAX - less };
		struct layout_need need = { 1000, 100, 0 };
		check(&options, &need);
	}
}

static void refuse(uint64_t limit, uint64_t data_end, uint64_t inodes, const char *words)
{
	struct ext4_options options = { .limit_blocks = limit, .data_end = data_end };
	struct layout_need need = { inodes, 1, 0 };
	struct layout layout = { .groups = 77 };
	struct error err;
	assert_int_equal(layout_make(&options, &need, &layout, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_int_equal(layout.groups, 77);
	assert_string_equal(err.text, words);
}

static void test_limits(void **state)
{
	(void)state;
	refuse(100, 101, 16, "the content ends at block 101, the limit is 100");
	refuse(100, 98, 16,
	       "the file system needs 102 blocks of 4096 bytes, the limit is 100; --size-limit "
	       "allows more");
	refuse((UINT64_C(1) << 35) + 1, 1 << 30, 16,
	       "a file system of 34359738369 blocks is too large, at most 34359738368");
	refuse(1000000, 2, 5000000,
	       "5000000 files are too many for a file system of at most 1000000 blocks");
	refuse(UINT64_C(1) << 34, 1 << 30, UINT64_C(5000000000),
	       "5000000000 files are too many for ext4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_every_size_around_the_second_group),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_more_than_32_bits_of_blocks),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
