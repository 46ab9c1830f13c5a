// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "builder/ext4/array.h"
#include "builder/ext4/directory.h"
#include "builder/ext4/reader.h"

struct names_walk {
	struct ext4_reader *reader;
	uint32_t directory;
	int (*visit)(void *context, const char *name, size_t length, uint32_t number,
		     struct error *err);
	void *context;
	uint8_t *block;
	uint64_t blocks_left;
};

static bool is_dots(const char *name, size_t length)
{
	return (length == 1 && name[0] == '.') || (length == 2 && memcmp(name, "..", 2) == 0);
}

static int take_name(struct names_walk *walk, const struct ext2_dir_entry *entry, struct error *err)
{
	size_t length = (size_t)ext2fs_dirent_name_len(entry);

	if (entry->inode == 0 || is_dots(entry->name, length))
		return 0;
	if (length == 0 || memchr(entry->name, '/', length) || memchr(entry->name, '\0', length) ||
	    entry->inode > walk->reader->fs->super->s_inodes_count)
		return error_input(err, "directory inode %u has a malformed entry",
				   walk->directory);
	return walk->visit(walk->context, entry->name, length, entry->inode, err);
}

/* Index blocks look like blocks without names, and are passed over as such. */
static int take_block(struct names_walk *walk, struct error *err)
{
	ext2_filsys fs = walk->reader->fs;
	uint32_t at = 0;

	if (!ext2fs_dir_block_csum_verify(fs, walk->directory, (void *)walk->block))
		return error_input(err, "a block of directory inode %u does not match its checksum",
				   walk->directory);
	while (at < fs->blocksize) {
		struct ext2_dir_entry *entry = (void *)(walk->block + at);
		unsigned int bytes = 0;
		uint32_t left = fs->blocksize - at;
		/* EXT2_DIR_ENTRY_HEADER_LEN before the name */
		if (left < 8 || ext2fs_get_rec_len(fs, entry, &bytes) || bytes < 8 ||
		    bytes % 4 != 0 || bytes > left ||
		    (entry->inode != 0 && 8 + (uint32_t)ext2fs_dirent_name_len(entry) > bytes))
			return error_input(err, "directory inode %u has a malformed entry",
					   walk->directory);
		int result = take_name(walk, entry, err);
		if (result != 0)
			return result;
		at += bytes;
	}
	return 0;
}

static int take_extent(void *context, const struct read_extent *extent, struct error *err)
{
	struct names_walk *walk = context;
	for (uint32_t i = 0; i < extent->blocks && walk->blocks_left > 0; i++) {
		walk->blocks_left--;
		if (reader_blocks(walk->reader, extent->block + i, 1, walk->block, err) < 0)
			return -1;
		int result = take_block(walk, err);
		if (result != 0)
			return result;
	}
	return 0;
}

int read_names(struct ext4_reader *reader, uint32_t number,
	       int (*visit)(void *context, const char *name, size_t length, uint32_t number,
			    struct error *err),
	       void *context, struct error *err)
{
	if (reader_inode(reader, number, err) < 0)
		return -1;
	if (!S_ISDIR(reader->disk->i_mode))
		return error_input(err, "not a directory");
	uint64_t blocks = reader_size(reader->disk) / reader->fs->blocksize;
	if (blocks > DIRECTORY_BLOCKS_MAX)
		return error_input(err, "directory inode %u has %" PRIu64 " blocks, at most %u",
				   number, blocks, DIRECTORY_BLOCKS_MAX);
	cleanup_free uint8_t *block = malloc(reader->fs->blocksize);
	if (!block)
		return error_memory(err);
	struct names_walk walk = { reader, number, visit, context, block, blocks };
	return read_extents(reader, number, reader->disk->i_block, take_extent, &walk, err);
}

/* --- sorted listing -------------------------------------------------------------------------- */

struct listed {
	const char *name;
	uint32_t number;
};

struct listing {
	char *text; /* all names, NUL-terminated */
	size_t text_bytes, text_capacity;
	struct listed *items;
	size_t count, capacity;
};

static void listing_free(struct listing *listing)
{
	free(listing->text);
	free(listing->items);
}

static int collect(void *context, const char *name, size_t length, uint32_t number,
		   struct error *err)
{
	struct listing *listing = context;
	char *text = array_reserve(listing->text, &listing->text_capacity,
				   listing->text_bytes + length + 1, 1, err);
	if (!text)
		return -1;
	listing->text = text;
	struct listed *items = array_reserve(listing->items, &listing->capacity, listing->count + 1,
					     sizeof(*items), err);
	if (!items)
		return -1;
	listing->items = items;

	memcpy(text + listing->text_bytes, name, length);
	text[listing->text_bytes + length] = '\0';
	listing->text_bytes += length + 1;
	items[listing->count++].number = number;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static void sort_names(struct listing *listing)
{
	const char *name = listing->text;
	for (size_t i = 0; i < listing->count; i++, name += strlen(name) + 1)
		listing->items[i].name = name;
	if (listing->count > 1)
		qsort(listing->items, listing->count, sizeof(listing->items[0]), compare_names);
}

int ext4_list(struct ext4_reader *reader, uint32_t number,
	      int (*visit)(void *context, const char *name, uint32_t number, struct error *err),
	      void *context, struct error *err)
{
	CLEANUP(listing_free) struct listing listing = { 0 };

	if (read_names(reader, number, collect, &listing, err) < 0)
		return -1;
	sort_names(&listing);
	for (size_t i = 0; i < listing.count; i++) {
		const struct listed *item = &listing.items[i];
		if (i > 0 && strcmp(item[-1].name, item->name) == 0)
			return error_input(err, "directory inode %u has a name twice", number);
		if (visit(context, item->name, item->number, err) < 0)
			return -1;
	}
	return 0;
}
