// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/directory.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "builder/ext4/array.h"
#include "common/checked.h"

enum {
	TAIL_BYTES = sizeof(struct ext2_dir_entry_tail),
	NAMES_BYTES = EXT4_BLOCK_BYTES - TAIL_BYTES,
	DOTS_BYTES = 24, /* "." and "..", 12 bytes each */
	ROOT_ENTRIES_AT = DOTS_BYTES + sizeof(struct ext2_dx_root_info),
	NODE_ENTRIES_AT = 8, /* behind an unused entry that covers the block */
	ROOT_ENTRIES = (EXT4_BLOCK_BYTES - ROOT_ENTRIES_AT - sizeof(struct ext2_dx_tail)) /
		       sizeof(struct ext2_dx_entry),
	NODE_ENTRIES = (EXT4_BLOCK_BYTES - NODE_ENTRIES_AT - sizeof(struct ext2_dx_tail)) /
		       sizeof(struct ext2_dx_entry),
};
_Static_assert(DIRECTORY_BLOCKS_MAX < ROOT_ENTRIES * NODE_ENTRIES, "two levels must do");

void directory_free(struct directory *directory)
{
	free(directory->names);
	free(directory->leaf_starts);
	*directory = (struct directory){ 0 };
}

static uint32_t record_bytes(const char *name)
{
	return (uint32_t)ext2fs_dir_rec_len((__u8)strlen(name), 0);
}

static int compare_hashes(const void *a, const void *b)
{
	const struct hashed_name *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->minor_hash != y->minor_hash)
		return x->minor_hash < y->minor_hash ? -1 : 1;
	return strcmp(x->entry->name, y->entry->name);
}

/* The kernel keeps the highest hash for the end of a directory and moves such a name one down
 * (ext4fs_dirhash); libext2fs does not. */
static uint32_t kernel_hash(uint32_t hash)
{
	return hash == 0xfffffffe ? 0xfffffffc : hash;
}

static int hash_names(struct directory *directory, const uint8_t seed[16], struct error *err)
{
	__u32 words[4];
	memcpy(words, seed, sizeof(words));

	struct hashed_name *name = array_reserve(directory->names, &directory->name_capacity,
						 directory->name_count, sizeof(*name), err);
	if (!name)
		return -1;
	directory->names = name;
	for (const struct dirent *e = directory->inode->entries; e; e = e->next, name++) {
		ext2_dirhash_t hash, minor_hash;
		ext2fs_dirhash2(EXT2_HASH_HALF_MD4_UNSIGNED, e->name, (int)strlen(e->name), NULL, 0,
				words, &hash, &minor_hash);
		*name = (struct hashed_name){ kernel_hash(hash), minor_hash, e };
	}
	qsort(directory->names, directory->name_count, sizeof(directory->names[0]), compare_hashes);
	return 0;
}

static int start_leaf(struct directory *directory, size_t name, struct error *err)
{
	size_t *starts = array_reserve(directory->leaf_starts, &directory->leaf_capacity,
				       (size_t)directory->leaves + 1, sizeof(*starts), err);
	if (!starts)
		return -1;
	directory->leaf_starts = starts;
	starts[directory->leaves++] = name;
	return 0;
}

static int fill_leaves(struct directory *directory, struct error *err)
{
	uint32_t left = 0;
	directory->leaves = 0;
	for (size_t i = 0; i < directory->name_count; i++) {
		uint32_t bytes = record_bytes(directory->names[i].entry->name);
		if (bytes > left) {
			if (start_leaf(directory, i, err) < 0)
				return -1;
			left = NAMES_BYTES;
		}
		left -= bytes;
	}
	if (start_leaf(directory, directory->name_count, err) < 0)
		return -1;
	directory->leaves--; /* the last start is the end */
	return 0;
}

static uint32_t index_nodes(const struct directory *directory)
{
	return directory->leaves <= ROOT_ENTRIES
		       ? 0
		       : (uint32_t)div_up_u64(directory->leaves, NODE_ENTRIES);
}

int directory_plan(struct directory *directory, const struct inode *inode, const uint8_t seed[16],
		   struct error *err)
{
	uint64_t bytes = DOTS_BYTES;

	directory->inode = inode;
	directory->blocks = 1;
	directory->leaves = 0;
	directory->subdirectories = 0;
	directory->name_count = 0;
	for (const struct dirent *e = inode->entries; e; e = e->next) {
		bytes += record_bytes(e->name);
		directory->name_count++;
		if (S_ISDIR(e->inode->mode))
			directory->subdirectories++;
	}
	if (bytes <= NAMES_BYTES)
		return 0;
	/* Every leaf is at least half full, so this bounds the work on an absurd directory. */
	if (bytes / NAMES_BYTES > DIRECTORY_BLOCKS_MAX)
		return error_input(err, "a directory with %zu names is too large",
				   directory->name_count);
	if (hash_names(directory, seed, err) < 0 || fill_leaves(directory, err) < 0)
		return -1;
	uint64_t blocks = 1 + (uint64_t)directory->leaves + index_nodes(directory);
	if (blocks > DIRECTORY_BLOCKS_MAX)
		return error_input(err,
				   "a directory of %" PRIu64 " blocks is too large, at most %u",
				   blocks, DIRECTORY_BLOCKS_MAX);
	directory->blocks = (uint32_t)blocks;
	return 0;
}

static uint8_t file_type(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return EXT2_FT_REG_FILE;
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	case S_IFSOCK:
		return EXT2_FT_SOCK;
	case S_IFLNK:
		return EXT2_FT_SYMLINK;
	default:
		return EXT2_FT_UNKNOWN;
	}
}

static uint8_t *put_name(uint8_t *at, const char *name, uint32_t number, uint8_t type)
{
	struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)at;
	size_t length = strlen(name);

	entry->inode = number;
	entry->rec_len = (__u16)record_bytes(name);
	entry->name_len = (__u8)length;
	entry->file_type = type;
	memcpy(entry->name, name, length);
	return at + entry->rec_len;
}

static uint8_t *put_dots(uint8_t *block, uint32_t number, uint32_t parent)
{
	return put_name(put_name(block, ".", number, EXT2_FT_DIR), "..", parent, EXT2_FT_DIR);
}

static uint8_t *put_entry(uint8_t *at, const struct dirent *entry)
{
	return put_name(at, entry->name, entry->inode->number, file_type(entry->inode->mode));
}

/* The last entry reaches up to the checksum. */
static void end_names(ext2_filsys fs, uint8_t *block, uint8_t *last)
{
	struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)last;
	entry->rec_len = (__u16)(block + NAMES_BYTES - last);
	ext2fs_initialize_dirent_tail(fs, EXT2_DIRENT_TAIL(block, EXT4_BLOCK_BYTES));
}

static void fill_linear(const struct directory *directory, ext2_filsys fs, uint32_t number,
			uint32_t parent, uint8_t *block)
{
	uint8_t *last = block + DOTS_BYTES / 2;
	uint8_t *at = put_dots(block, number, parent);
	for (const struct dirent *e = directory->inode->entries; e; e = e->next) {
		last = at;
		at = put_entry(at, e);
	}
	end_names(fs, block, last);
}

static void fill_leaf(const struct directory *directory, ext2_filsys fs, uint32_t leaf,
		      uint8_t *block)
{
	uint8_t *last = block, *at = block;
	for (size_t i = directory->leaf_starts[leaf]; i < directory->leaf_starts[leaf + 1]; i++) {
		last = at;
		at = put_entry(at, directory->names[i].entry);
	}
	end_names(fs, block, last);
}

/* Where a leaf begins. Bit 0 says that names of the same hash are in the leaf before, too. */
static uint32_t leaf_hash(const struct directory *directory, uint32_t leaf)
{
	const struct hashed_name *first = &directory->names[directory->leaf_starts[leaf]];
	return first[-1].hash == first->hash ? first->hash | 1 : first->hash;
}

/* `count` index entries for the blocks `block`, `block` + 1 ..., whose first leaves are `leaf`,
 * `leaf` + step ... The first has no hash: counts stand in its place. */
static void put_index(const struct directory *directory, uint8_t *at, uint32_t limit,
		      uint32_t count, uint32_t block, uint32_t leaf, uint32_t step)
{
	struct ext2_dx_entry *entries = (struct ext2_dx_entry *)at;
	for (uint32_t i = 0; i < count; i++) {
		entries[i].block = block + i;
		if (i > 0)
			entries[i].hash = leaf_hash(directory, leaf + i * step);
	}
	struct ext2_dx_countlimit *counts = (struct ext2_dx_countlimit *)at;
	counts->limit = (__le16)limit;
	counts->count = (__le16)count;
}

static void fill_root(const struct directory *directory, uint32_t number, uint32_t parent,
		      uint8_t *block)
{
	uint32_t nodes = index_nodes(directory);
	struct ext2_dx_root_info *info = (struct ext2_dx_root_info *)(block + DOTS_BYTES);
	struct ext2_dir_entry_2 *dot_dot = (struct ext2_dir_entry_2 *)(block + DOTS_BYTES / 2);

	put_dots(block, number, parent);
	dot_dot->rec_len = EXT4_BLOCK_BYTES - DOTS_BYTES / 2;
	info->hash_version = EXT2_HASH_HALF_MD4;
	info->info_length = sizeof(*info);
	info->indirect_levels = nodes > 0;
	if (nodes == 0)
		put_index(directory, block + ROOT_ENTRIES_AT, ROOT_ENTRIES, directory->leaves, 1, 0,
			  1);
	else
		put_index(directory, block + ROOT_ENTRIES_AT, ROOT_ENTRIES, nodes,
			  1 + directory->leaves, 0, NODE_ENTRIES);
}

static void fill_node(const struct directory *directory, uint32_t node, uint8_t *block)
{
	struct ext2_dir_entry_2 *cover = (struct ext2_dir_entry_2 *)block;
	uint32_t leaf = node * NODE_ENTRIES;
	uint32_t count = directory->leaves - leaf;

	cover->rec_len = EXT4_BLOCK_BYTES;
	put_index(directory, block + NODE_ENTRIES_AT, NODE_ENTRIES,
		  count < NODE_ENTRIES ? count : NODE_ENTRIES, 1 + leaf, leaf, 1);
}

void directory_block(const struct directory *directory, ext2_filsys fs, uint32_t number,
		     uint32_t parent, uint32_t index, uint8_t *block)
{
	if (directory->leaves == 0)
		fill_linear(directory, fs, number, parent, block);
	else if (index == 0)
		fill_root(directory, number, parent, block);
	else if (index <= directory->leaves)
		fill_leaf(directory, fs, index - 1, block);
	else
		fill_node(directory, index - 1 - directory->leaves, block);

	errcode_t code =
		ext2fs_dir_block_csum_set(fs, number, (struct ext2_dir_entry *)(void *)block);
	assert(code == 0); /* it fails only on a block that is malformed */
	(void)code;
}
