// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/extent.h"

#include <assert.h>
#include <string.h>

#include "builder/ext4/array.h"
#include "common/checked.h"

enum {
	NODE_MAX = (EXT4_BLOCK_BYTES - EXTENT_NODE_BYTES - sizeof(struct ext3_extent_tail)) /
		   EXTENT_NODE_BYTES,
};
_Static_assert(sizeof(struct ext3_extent) == EXTENT_NODE_BYTES, "extent is not 12 bytes");
_Static_assert(sizeof(struct ext3_extent_idx) == EXTENT_NODE_BYTES, "index is not 12 bytes");
_Static_assert(sizeof(struct ext3_extent_header) == EXTENT_NODE_BYTES, "header is not 12 bytes");

void extent_list_free(struct extent_list *list)
{
	free(list->items);
	*list = (struct extent_list){ 0 };
}

void extent_list_clear(struct extent_list *list)
{
	list->count = 0;
	list->blocks = 0;
}

static bool follows(const struct extent *extent, uint32_t file_block, uint64_t block)
{
	return extent->file_block + extent->blocks == file_block &&
	       extent->block + extent->blocks == block;
}

int extent_list_add(struct extent_list *list, uint32_t file_block, uint64_t block, uint32_t blocks,
		    struct error *err)
{
	struct extent *last = list->count > 0 ? &list->items[list->count - 1] : NULL;

	list->blocks += blocks;
	if (last && follows(last, file_block, block) &&
	    blocks <= EXTENT_BLOCKS_MAX - last->blocks) {
		last->blocks += blocks;
		return 0;
	}
	while (blocks > 0) {
		struct extent *items = array_reserve(list->items, &list->capacity, list->count + 1,
						     sizeof(*items), err);
		if (!items)
			return -1;
		uint32_t part = blocks < EXTENT_BLOCKS_MAX ? blocks : EXTENT_BLOCKS_MAX;
		list->items = items;
		items[list->count++] = (struct extent){ block, file_block, part };
		file_block += part;
		block += part;
		blocks -= part;
	}
	return 0;
}

static int add_run(struct extent_list *list, const struct data_run *run,
		   const struct ext4_sink *sink, struct error *err)
{
	uint32_t done = 0;
	while (done < run->blocks) {
		uint32_t contiguous = 0;
		uint64_t block = sink->locate(sink->context, run->place + done, run->blocks - done,
					      &contiguous);
		assert(contiguous > 0 && contiguous <= run->blocks - done);
		if (extent_list_add(list, run->file_block + done, block, contiguous, err) < 0)
			return -1;
		done += contiguous;
	}
	return 0;
}

int extent_list_fill(struct extent_list *list, const struct inode *inode,
		     const struct ext4_sink *sink, struct error *err)
{
	const struct data_run *runs = inode->run_count == 1 ? &inode->run : inode->runs;

	extent_list_clear(list);
	for (uint32_t i = 0; i < inode->run_count; i++) {
		if (add_run(list, &runs[i], sink, err) < 0)
			return -1;
	}
	return 0;
}

uint64_t extent_tree_blocks(size_t count)
{
	uint64_t blocks = 0;
	uint64_t level = count;
	while (level > EXTENT_ROOT_MAX) {
		level = div_up_u64(level, NODE_MAX);
		blocks += level;
	}
	return blocks;
}

/* A node's header and entries: extents at depth 0, else index entries that point to blocks. */
static void put_node(uint8_t *node, const struct extent *items, size_t count, uint32_t max,
		     uint32_t depth)
{
	struct ext3_extent_header *header = (struct ext3_extent_header *)(void *)node;

	header->eh_magic = EXT3_EXT_MAGIC;
	header->eh_entries = (__le16)count;
	header->eh_max = (__le16)max;
	header->eh_depth = (__le16)depth;
	for (size_t i = 0; i < count; i++) {
		if (depth > 0) {
			EXT_FIRST_INDEX(header)
			[i] = (struct ext3_extent_idx){
				.ei_block = items[i].file_block,
				.ei_leaf = (__le32)items[i].block,
				.ei_leaf_hi = (__le16)(items[i].block >> 32),
			};
		} else {
			EXT_FIRST_EXTENT(header)
			[i] = (struct ext3_extent){
				.ee_block = items[i].file_block,
				.ee_len = (__le16)items[i].blocks,
				.ee_start_hi = (__le16)(items[i].block >> 32),
				.ee_start = (__le32)items[i].block,
			};
		}
	}
}

/* Writes the nodes of one level. The list becomes what the level above points to: each node's
 * block, in the place of extents that are already written. */
static int write_level(struct extent_list *list, uint32_t depth, ext2_filsys fs, uint32_t number,
		       struct scatter *scatter, struct error *err)
{
	size_t nodes = 0;
	for (size_t first = 0; first < list->count; first += NODE_MAX, nodes++) {
		size_t count = list->count - first < NODE_MAX ? list->count - first : NODE_MAX;
		uint64_t block;
		uint8_t *node = scatter_block(scatter, &block, err);
		if (!node)
			return -1;
		put_node(node, list->items + first, count, NODE_MAX, depth);
		errcode_t code = ext2fs_extent_block_csum_set(
			fs, number, (struct ext3_extent_header *)(void *)node);
		assert(code == 0);
		(void)code;
		list->items[nodes] =
			(struct extent){ block, list->items[first].file_block, /* blocks= */ 0 };
	}
	list->count = nodes;
	return 0;
}

int extent_tree_write(struct extent_list *list, ext2_filsys fs, uint32_t number,
		      uint8_t root[EXTENT_ROOT_BYTES], struct scatter *scatter, struct error *err)
{
	uint32_t depth = 0;
	for (; list->count > EXTENT_ROOT_MAX; depth++) {
		if (write_level(list, depth, fs, number, scatter, err) < 0)
			return -1;
	}
	put_node(root, list->items, list->count, EXTENT_ROOT_MAX, depth);
	return 0;
}
