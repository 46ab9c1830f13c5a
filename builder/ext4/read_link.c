// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "builder/ext4/inode.h"
#include "builder/ext4/reader.h"

struct slow_link {
	struct ext4_reader *reader;
	char *target;
	size_t size;
	bool found;
};

static int take_target(void *context, const struct read_extent *extent, struct error *err)
{
	struct slow_link *link = context;
	ext2_filsys fs = link->reader->fs;
	cleanup_free uint8_t *block = malloc(fs->blocksize);
	if (!block)
		return error_memory(err);
	if (extent->file_block > 0)
		return 0;
	if (reader_blocks(link->reader, extent->block, 1, block, err) < 0)
		return -1;
	memcpy(link->target, block, link->size);
	link->found = true;
	return 1;
}

int read_link(struct ext4_reader *reader, uint32_t number, char **target, struct error *err)
{
	const struct ext2_inode_large *disk = reader->disk;
	uint64_t size = reader_size(disk);
	bool slow = (disk->i_flags & EXT4_EXTENTS_FL) != 0;
	uint64_t most = slow ? reader->fs->blocksize - 1 : INODE_FAST_SYMLINK_MAX;

	if (size == 0 || size > most || size > INODE_SYMLINK_MAX)
		return error_input(err, "symbolic link inode %u has a malformed size", number);
	cleanup_free char *text = calloc(1, size + 1);
	if (!text)
		return error_memory(err);
	if (slow) {
		struct slow_link link = { reader, text, size, false };
		if (read_extents(reader, number, disk->i_block, take_target, &link, err) < 0)
			return -1;
		if (!link.found)
			return error_input(err, "symbolic link inode %u has no target", number);
	} else {
		memcpy(text, disk->i_block, size);
	}
	if (strlen(text) != size)
		return error_input(err, "symbolic link inode %u has a NUL in its target", number);
	*target = take_ptr(text);
	return 0;
}
