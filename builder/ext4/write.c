// SPDX-License-Identifier: Apache-2.0
/* The writer's story: number the inodes, count what they need, find the place for it, then write
 * bitmaps, inode tables with all that hangs on each inode, descriptors and superblock. */
#include <inttypes.h>
#include <string.h>

#include "builder/ext4/directory.h"
#include "builder/ext4/emit.h"
#include "builder/ext4/extent.h"
#include "builder/ext4/filsys.h"
#include "builder/ext4/inode.h"
#include "builder/ext4/roster.h"
#include "builder/ext4/xattr.h"

static const uint64_t large_file_bytes = UINT64_C(1) << 31;
/* What 32 bits of 512-byte sectors can count. */
static const uint64_t huge_file_blocks = UINT64_C(1) << 29;

struct writer {
	struct roster roster;
	const struct ext4_options *options;
	const struct ext4_sink *sink;
	struct layout layout;
	struct filsys filsys;
	struct scatter scatter;
	struct emitter tables;
	struct emitter runs;
	uint64_t runs_next; /* the next block for a large directory */
	/* of the inode at hand */
	struct extent_list extents;
	struct directory directory;
	struct xattr_space xattrs;
};

static void writer_free(struct writer *writer)
{
	roster_free(&writer->roster);
	layout_free(&writer->layout);
	filsys_free(&writer->filsys);
	emitter_free(&writer->scatter.emitter);
	emitter_free(&writer->tables);
	emitter_free(&writer->runs);
	extent_list_free(&writer->extents);
	directory_free(&writer->directory);
}

/* --- counting -------------------------------------------------------------------------------- */

static int plan_directory(struct writer *writer, const struct inode *inode,
			  struct layout_need *need, struct error *err)
{
	if (directory_plan(&writer->directory, inode, writer->options->hash_seed, err) < 0)
		return -1;
	if (writer->directory.blocks > DIRECTORY_SCATTERED_MAX)
		need->runs += writer->directory.blocks;
	else
		need->scattered += writer->directory.blocks;
	return 0;
}

static int plan_file(struct writer *writer, const struct inode *inode, struct layout_need *need,
		     struct filsys_features *features, struct error *err)
{
	if (extent_list_fill(&writer->extents, inode, writer->sink, err) < 0)
		return -1;
	uint64_t tree_blocks = extent_tree_blocks(writer->extents.count);
	need->scattered += tree_blocks;
	if (inode->size >= large_file_bytes)
		features->large_file = true;
	/* One more for extended attributes. */
	if (writer->extents.blocks + tree_blocks + 1 >= huge_file_blocks)
		features->huge_file = true;
	return 0;
}

static int plan_inode(struct writer *writer, const struct inode *inode, struct layout_need *need,
		      struct filsys_features *features, struct error *err)
{
	if (inode_check(inode, err) < 0 || xattr_pack(inode->xattrs, &writer->xattrs, err) < 0)
		return -1;
	need->scattered += writer->xattrs.in_block + inode_link_blocks(inode);
	if (S_ISDIR(inode->mode))
		return plan_directory(writer, inode, need, err);
	if (S_ISREG(inode->mode))
		return plan_file(writer, inode, need, features, err);
	return 0;
}

struct wanted {
	const struct inode *inode;
	struct error *err;
};

static int prefix_if_wanted(void *context, const char *path, struct inode *inode, struct error *err)
{
	struct wanted *wanted = context;
	if (inode != wanted->inode)
		return 0;
	error_prefix(wanted->err, "/%s", path);
	return error_input(err, "found"); /* ends the walk */
}

/* Puts the first of the inode's paths before the error. */
static int name_file(const struct tree *tree, const struct inode *inode, struct error *err)
{
	struct wanted wanted = { inode, err };
	struct error end;
	int walked = tree_walk(tree, prefix_if_wanted, &wanted, &end);
	(void)walked;
	return -1;
}

static int plan(struct writer *writer, const struct tree *tree, struct layout_need *need,
		struct filsys_features *features, struct error *err)
{
	for (uint64_t i = 0; i < writer->roster.count; i++) {
		const struct inode *inode = writer->roster.entries[i].inode;
		if (plan_inode(writer, inode, need, features, err) < 0)
			return name_file(tree, inode, err);
	}
	need->inodes = roster_last(&writer->roster);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_directory_block(struct writer *writer, const struct roster_entry *entry,
				 uint32_t index, struct error *err)
{
	uint64_t block;
	uint8_t *bytes;
	if (writer->directory.blocks > DIRECTORY_SCATTERED_MAX) {
		block = writer->runs_next++;
		bytes = emitter_block(&writer->runs, block, err);
	} else {
		bytes = scatter_block(&writer->scatter, &block, err);
	}
	if (!bytes || extent_list_add(&writer->extents, index, block, 1, err) < 0)
		return -1;
	directory_block(&writer->directory, &writer->filsys.fs, entry->inode->number, entry->parent,
			index, bytes);
	return 0;
}

static int write_directory(struct writer *writer, const struct roster_entry *entry,
			   struct ext2_inode_large *disk, struct error *err)
{
	struct directory *directory = &writer->directory;
	uint32_t inodes_per_group = writer->layout.inodes_per_group;
	dgrp_t group = (entry->inode->number - 1) / inodes_per_group;

	if (directory_plan(directory, entry->inode, writer->options->hash_seed, err) < 0)
		return -1;
	for (uint32_t i = 0; i < directory->blocks; i++) {
		if (write_directory_block(writer, entry, i, err) < 0)
			return -1;
	}
	disk->i_size = (__u32)((uint64_t)directory->blocks * EXT4_BLOCK_BYTES);
	if (directory->leaves > 0)
		disk->i_flags |= EXT2_INDEX_FL;
	ext2fs_bg_used_dirs_count_set(&writer->filsys.fs, group,
				      ext2fs_bg_used_dirs_count(&writer->filsys.fs, group) + 1);
	return 0;
}

static int write_link(struct writer *writer, const struct inode *inode, struct error *err)
{
	uint64_t block;
	uint8_t *bytes = scatter_block(&writer->scatter, &block, err);
	if (!bytes)
		return -1;
	memcpy(bytes, inode->target, inode->size);
	return extent_list_add(&writer->extents, 0, block, 1, err);
}

/* Content that has blocks, by extents. */
static int write_content(struct writer *writer, const struct roster_entry *entry,
			 struct ext2_inode_large *disk, uint64_t *blocks, struct error *err)
{
	const struct inode *inode = entry->inode;
	struct extent_list *extents = &writer->extents;

	extent_list_clear(extents);
	if (S_ISREG(inode->mode)) {
		if (extent_list_fill(extents, inode, writer->sink, err) < 0)
			return -1;
	} else if (S_ISDIR(inode->mode)) {
		if (write_directory(writer, entry, disk, err) < 0)
			return -1;
	} else if (inode_link_blocks(inode) > 0) {
		if (write_link(writer, inode, err) < 0)
			return -1;
	} else {
		return 0;
	}
	*blocks += extents->blocks + extent_tree_blocks(extents->count);
	disk->i_flags |= EXT4_EXTENTS_FL;
	return extent_tree_write(extents, &writer->filsys.fs, inode->number,
				 (uint8_t *)disk->i_block, &writer->scatter, err);
}

static int write_xattrs(struct writer *writer, const struct inode *inode,
			struct ext2_inode_large *disk, uint64_t *blocks, struct error *err)
{
	uint64_t block = 0;
	if (xattr_pack(inode->xattrs, &writer->xattrs, err) < 0)
		return -1;
	if (writer->xattrs.in_block) {
		uint8_t *bytes = scatter_block(&writer->scatter, &block, err);
		if (!bytes)
			return -1;
		memcpy(bytes, writer->xattrs.block, EXT4_BLOCK_BYTES);
		ext2fs_ext_attr_block_csum_set(&writer->filsys.fs, inode->number, block,
					       (void *)bytes);
		*blocks += 1;
	}
	inode_set_xattrs(&writer->xattrs, block, disk);
	return 0;
}

static int write_inode(struct writer *writer, const struct roster_entry *entry,
		       struct ext2_inode_large *disk, struct error *err)
{
	const struct inode *inode = entry->inode;
	uint64_t blocks = 0;

	inode_fill(inode, writer->options->timestamp, disk);
	if (write_content(writer, entry, disk, &blocks, err) < 0 ||
	    write_xattrs(writer, inode, disk, &blocks, err) < 0)
		return -1;
	inode_set_links(inode, writer->directory.subdirectories, disk);
	inode_set_blocks(blocks, disk);
	ext2fs_inode_csum_set(&writer->filsys.fs, inode->number, disk);
	return 0;
}

static int write_table(struct writer *writer, dgrp_t group, struct error *err)
{
	uint64_t block = ext2fs_inode_table_loc(&writer->filsys.fs, group);
	uint32_t number = group * writer->layout.inodes_per_group + 1;

	for (uint32_t i = 0; i < writer->layout.table_blocks; i++) {
		uint8_t *bytes = emitter_block(&writer->tables, block + i, err);
		if (!bytes)
			return -1;
		for (uint32_t at = 0; at < LAYOUT_BLOCK_INODES; at++, number++) {
			const struct roster_entry *entry = roster_find(&writer->roster, number);
			void *disk = bytes + (size_t)at * LAYOUT_INODE_BYTES;
			if (entry && write_inode(writer, entry, disk, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* What the layout left over below its end would otherwise be whatever was there. */
static int write_zeros(struct writer *writer, struct error *err)
{
	const struct layout *layout = &writer->layout;
	for (size_t i = 0; i + 1 < layout->space_count; i++) {
		const struct layout_space *space = &layout->spaces[i];
		for (uint64_t at = space->used; at < space->count; at++) {
			if (!emitter_block(&writer->tables, space->first + at, err))
				return -1;
		}
	}
	return 0;
}

static int write_all_metadata(struct writer *writer, struct error *err)
{
	if (emitter_init(&writer->scatter.emitter, writer->sink, err) < 0 ||
	    emitter_init(&writer->tables, writer->sink, err) < 0 ||
	    emitter_init(&writer->runs, writer->sink, err) < 0)
		return -1;
	writer->scatter.cursor.layout = &writer->layout;
	writer->runs_next = writer->layout.runs_first;

	if (filsys_write_bitmaps(&writer->filsys, &writer->layout, roster_last(&writer->roster),
				 &writer->scatter, err) < 0)
		return -1;
	for (dgrp_t group = 0; group < writer->layout.groups; group++) {
		if (write_table(writer, group, err) < 0)
			return -1;
	}
	if (write_zeros(writer, err) < 0 || emitter_flush(&writer->tables, err) < 0 ||
	    emitter_flush(&writer->runs, err) < 0 ||
	    emitter_flush(&writer->scatter.emitter, err) < 0)
		return -1;
	return filsys_write(&writer->filsys, writer->sink, err);
}

int ext4_write(struct tree *tree, const struct ext4_options *options, const struct ext4_sink *sink,
	       uint64_t *total_blocks, struct error *err)
{
	CLEANUP(writer_free) struct writer writer = { .options = options, .sink = sink };
	struct layout_need need = { 0 };
	struct filsys_features features = { 0 };

	if (options->timestamp < 0 || options->timestamp > TREE_TIME_MAX)
		return error_input(err, "the timestamp %" PRId64 " is not one that ext4 can say",
				   options->timestamp);
	if (roster_make(tree, &writer.roster, err) < 0 ||
	    plan(&writer, tree, &need, &features, err) < 0 ||
	    layout_make(options, &need, &writer.layout, err) < 0 ||
	    filsys_init(&writer.filsys, &writer.layout, options, &features, err) < 0 ||
	    write_all_metadata(&writer, err) < 0)
		return -1;
	*total_blocks = writer.layout.total_blocks;
	return 0;
}
