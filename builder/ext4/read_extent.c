// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "builder/ext4/extent.h"
#include "builder/ext4/reader.h"

/* 4 * 340^4 extents of one block are more than a file can have. */
enum { DEPTH_MAX = 5 };

/* Extents ascend and do not overlap, neither in the file nor in number of blocks; so each step of
 * the walk makes progress, and a tree that loops ends in an error. */
struct walk {
	struct ext4_reader *reader;
	uint32_t number;
	int (*visit)(void *context, const struct read_extent *extent, struct error *err);
	void *context;
	uint64_t next_file_block;
	uint64_t blocks;
};

static int bad_tree(const struct walk *walk, struct error *err)
{
	return error_input(err, "the extent tree of inode %u is malformed", walk->number);
}

static int take_extent(struct walk *walk, const struct ext3_extent *disk, struct error *err)
{
	uint64_t total = ext2fs_blocks_count(walk->reader->fs->super);
	/* A length above the maximum is that of blocks that are reserved and read as zeros. */
	bool unwritten = disk->ee_len > EXTENT_BLOCKS_MAX;
	struct read_extent extent = {
		.block = (uint64_t)disk->ee_start_hi << 32 | disk->ee_start,
		.file_block = disk->ee_block,
		.blocks = unwritten ? disk->ee_len - (uint32_t)EXTENT_BLOCKS_MAX : disk->ee_len,
	};

	if (extent.blocks == 0 || extent.file_block < walk->next_file_block ||
	    extent.block >= total || extent.blocks > total - extent.block ||
	    extent.blocks > total - walk->blocks)
		return bad_tree(walk, err);
	walk->next_file_block = (uint64_t)extent.file_block + extent.blocks;
	walk->blocks += extent.blocks;
	return unwritten ? 0 : walk->visit(walk->context, &extent, err);
}

static int walk_node(struct walk *walk, const uint8_t *node, size_t size, uint32_t depth,
		     struct error *err);

static int walk_child(struct walk *walk, const struct ext3_extent_idx *index, uint32_t depth,
		      struct error *err)
{
	ext2_filsys fs = walk->reader->fs;
	cleanup_free uint8_t *node = malloc(fs->blocksize);
	if (!node)
		return error_memory(err);

	uint64_t block = (uint64_t)index->ei_leaf_hi << 32 | index->ei_leaf;
	if (reader_blocks(walk->reader, block, 1, node, err) < 0)
		return -1;
	struct ext3_extent_header *header = (void *)node;
	size_t tail_at = EXTENT_NODE_BYTES + (size_t)header->eh_max * EXTENT_NODE_BYTES;
	if (tail_at + sizeof(struct ext3_extent_tail) > fs->blocksize || header->eh_entries == 0)
		return bad_tree(walk, err);
	if (!ext2fs_extent_block_csum_verify(fs, walk->number, header))
		return error_input(err,
				   "block %" PRIu64 " of the extent tree of inode %u does not "
				   "match its checksum",
				   block, walk->number);
	uint64_t before = walk->next_file_block;
	int result = walk_node(walk, node, tail_at, depth, err);
	if (result == 0 && walk->next_file_block == before)
		return bad_tree(walk, err);
	return result;
}

static int walk_node(struct walk *walk, const uint8_t *node, size_t size, uint32_t depth,
		     struct error *err)
{
	struct ext3_extent_header header;
	memcpy(&header, node, sizeof(header));
	if (header.eh_magic != EXT3_EXT_MAGIC || header.eh_depth != depth ||
	    EXTENT_NODE_BYTES + (size_t)header.eh_entries * EXTENT_NODE_BYTES > size)
		return bad_tree(walk, err);

	for (uint32_t i = 0; i < header.eh_entries; i++) {
		const uint8_t *at = node + EXTENT_NODE_BYTES + (size_t)i * EXTENT_NODE_BYTES;
		int result;
		if (depth == 0) {
			struct ext3_extent extent;
			memcpy(&extent, at, sizeof(extent));
			result = take_extent(walk, &extent, err);
		} else {
			struct ext3_extent_idx index;
			memcpy(&index, at, sizeof(index));
			result = walk_child(walk, &index, depth - 1, err);
		}
		if (result != 0)
			return result;
	}
	return 0;
}

int read_extents(struct ext4_reader *reader, uint32_t number, const __u32 root[EXT2_N_BLOCKS],
		 int (*visit)(void *context, const struct read_extent *extent, struct error *err),
		 void *context, struct error *err)
{
	uint8_t node[EXTENT_ROOT_BYTES];
	struct walk walk = { reader, number, visit, context, 0, 0 };
	struct ext3_extent_header header;

	/* A copy, since visit() may read other inodes. */
	memcpy(node, root, sizeof(node));
	memcpy(&header, node, sizeof(header));
	if (header.eh_depth > DEPTH_MAX)
		return bad_tree(&walk, err);
	return walk_node(&walk, node, sizeof(node), header.eh_depth, err) < 0 ? -1 : 0;
}
