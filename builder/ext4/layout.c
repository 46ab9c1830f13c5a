// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/layout.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/checked.h"

enum {
	DESCRIPTOR_BYTES = 32,       /* struct ext2_group_desc */
	DESCRIPTOR_64BIT_BYTES = 64, /* struct ext4_group_desc, with the feature 64bit */
};

/* 128 TiB: the descriptors of more would not leave enough of the first group. */
static const uint64_t blocks_max = UINT64_C(1) << 35;

static uint64_t descriptor_blocks(uint64_t groups, uint32_t descriptor_bytes)
{
	return div_up_u64(groups * descriptor_bytes, EXT4_BLOCK_BYTES);
}

uint64_t ext4_data_start(uint64_t limit_blocks)
{
	uint32_t bytes = limit_blocks > UINT32_MAX ? DESCRIPTOR_64BIT_BYTES : DESCRIPTOR_BYTES;
	return 1 + descriptor_blocks(div_up_u64(limit_blocks, LAYOUT_GROUP_BLOCKS), bytes);
}

static void add_space(struct layout *layout, uint64_t first, uint64_t count)
{
	struct layout_space *last =
		layout->space_count > 0 ? &layout->spaces[layout->space_count - 1] : NULL;
	if (last && last->first + last->count == first)
		last->count += count;
	else if (count > 0)
		layout->spaces[layout->space_count++] =
			(struct layout_space){ .first = first, .count = count };
}

/* The room that the descriptors leave, what the content left free, and all that follows it. */
static void find_spaces(struct layout *layout, const struct ext4_options *options)
{
	uint64_t first = 1 + layout->descriptor_blocks;
	uint64_t start = ext4_data_start(options->limit_blocks);

	layout->space_count = 0;
	add_space(layout, first, start - first);
	for (size_t i = 0; i < options->free_count; i++) {
		const struct block_range *range = &options->free_ranges[i];
		assert(range->first >= start && range->first < options->data_end &&
		       range->count <= options->data_end - range->first);
		assert(i == 0 || range->first > range[-1].first + range[-1].count);
		add_space(layout, range->first, range->count);
	}
	/* A range that reaches up to here stays apart, so that the total is never below data_end.
	 */
	layout->spaces[layout->space_count++] = (struct layout_space){
		.first = options->data_end,
		.count = UINT64_MAX / 2 - options->data_end,
	};
}

/* Inode tables are the largest pieces and go first, into every space that holds one; single blocks
 * then fill what is left. */
static void place(struct layout *layout, const struct ext4_options *options,
		  const struct layout_need *need)
{
	uint64_t tables = layout->groups;
	uint64_t scattered = need->scattered + 2 * (uint64_t)layout->groups;

	layout->free_blocks = 0;
	find_spaces(layout, options);
	for (size_t i = 0; i < layout->space_count; i++) {
		struct layout_space *space = &layout->spaces[i];
		bool last = i + 1 == layout->space_count;

		space->tables = space->count / layout->table_blocks;
		if (space->tables > tables)
			space->tables = tables;
		tables -= space->tables;
		space->used = space->tables * layout->table_blocks;

		space->runs = last ? need->runs : 0;
		layout->runs_first = space->first + space->used;
		space->used += space->runs;

		space->scattered = space->count - space->used;
		if (space->scattered > scattered)
			space->scattered = scattered;
		scattered -= space->scattered;
		space->used += space->scattered;

		if (last)
			layout->total_blocks = space->first + space->used;
		else
			layout->free_blocks += space->count - space->used;
	}
}

/* Blocks per group such that `total` blocks are exactly `groups` groups; 0: there is no such
 * number. It is 32768 but where a bitmap's worth of inodes is used up before a group's worth of
 * blocks. */
static uint32_t blocks_per_group(uint64_t total, uint32_t groups)
{
	uint64_t blocks = LAYOUT_GROUP_BLOCKS;
	if (div_up_u64(total, blocks) < groups)
		blocks = div_up_u64(div_up_u64(total, groups), 8) * 8;
	return div_up_u64(total, blocks) == groups ? (uint32_t)blocks : 0;
}

static int set_groups(struct layout *layout, uint64_t groups, const struct ext4_options *options,
		      const struct layout_need *need, struct error *err)
{
	uint64_t start = ext4_data_start(options->limit_blocks);
	uint64_t inodes = div_up_u64(div_up_u64(need->inodes, groups), LAYOUT_BLOCK_INODES) *
			  LAYOUT_BLOCK_INODES;

	if (1 + descriptor_blocks(groups, layout->descriptor_bytes) > start)
		return error_input(err,
				   "%" PRIu64 " files are too many for a file system of at most "
				   "%" PRIu64 " blocks",
				   need->inodes, options->limit_blocks);
	if (inodes * groups > UINT32_MAX)
		return error_input(err, "%" PRIu64 " files are too many for ext4", need->inodes);
	layout->groups = (uint32_t)groups;
	layout->inodes_per_group = (uint32_t)inodes;
	layout->table_blocks = (uint32_t)inodes / LAYOUT_BLOCK_INODES;
	layout->descriptor_blocks = (uint32_t)descriptor_blocks(groups, layout->descriptor_bytes);
	return 0;
}

/* More groups need more bitmaps, and more blocks need more groups, until neither grows. */
static int settle(struct layout *layout, const struct ext4_options *options,
		  const struct layout_need *need, struct error *err)
{
	uint64_t groups = div_up_u64(need->inodes, LAYOUT_GROUP_INODES);
	for (;;) {
		if (set_groups(layout, groups, options, need, err) < 0)
			return -1;
		place(layout, options, need);
		if (layout->total_blocks > options->limit_blocks)
			return error_input(err,
					   "the file system needs %" PRIu64
					   " blocks of 4096 bytes, the limit is %" PRIu64
					   "; --size-limit allows more",
					   layout->total_blocks, options->limit_blocks);
		if (layout->total_blocks > UINT32_MAX &&
		    layout->descriptor_bytes != DESCRIPTOR_64BIT_BYTES) {
			layout->descriptor_bytes = DESCRIPTOR_64BIT_BYTES;
			continue;
		}
		layout->blocks_per_group = blocks_per_group(layout->total_blocks, layout->groups);
		if (layout->blocks_per_group > 0)
			return 0;
		uint64_t least = div_up_u64(layout->total_blocks, LAYOUT_GROUP_BLOCKS);
		groups = least > groups ? least : groups + 1;
	}
}

int layout_make(const struct ext4_options *options, const struct layout_need *need,
		struct layout *layout, struct error *err)
{
	if (options->limit_blocks > blocks_max)
		return error_input(err,
				   "a file system of %" PRIu64 " blocks is too large, at most "
				   "%" PRIu64,
				   options->limit_blocks, blocks_max);
	if (options->data_end > options->limit_blocks)
		return error_input(err,
				   "the content ends at block %" PRIu64 ", the limit is %" PRIu64,
				   options->data_end, options->limit_blocks);
	assert(options->data_end >= ext4_data_start(options->limit_blocks));

	struct layout made = { .descriptor_bytes = DESCRIPTOR_BYTES };
	made.spaces = calloc(options->free_count + 2, sizeof(made.spaces[0]));
	if (!made.spaces)
		return error_memory(err);
	if (settle(&made, options, need, err) < 0) {
		layout_free(&made);
		return -1;
	}
	*layout = made;
	return 0;
}

void layout_free(struct layout *layout)
{
	free(layout->spaces);
	layout->spaces = NULL;
}

uint64_t layout_next_table(struct layout_cursor *cursor)
{
	const struct layout_space *space = &cursor->layout->spaces[cursor->space];
	while (cursor->taken == space->tables) {
		space++;
		cursor->space++;
		cursor->taken = 0;
	}
	return space->first + cursor->taken++ * cursor->layout->table_blocks;
}

uint64_t layout_next_block(struct layout_cursor *cursor)
{
	const struct layout_space *space = &cursor->layout->spaces[cursor->space];
	while (cursor->taken == space->scattered) {
		space++;
		cursor->space++;
		cursor->taken = 0;
	}
	return space->first + space->used - space->scattered + cursor->taken++;
}
