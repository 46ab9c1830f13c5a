// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "builder/ext4/reader.h"
#include "common/checked.h"

enum {
	CHUNK_BYTES = 1024 * 1024,
	/* What the walks here do not know, a journal that was not replayed, and attributes that lie
	 * in inodes of their own. mke2fs sets none of them unless asked to. */
	FEATURES_REFUSED = EXT4_FEATURE_INCOMPAT_INLINE_DATA | EXT4_FEATURE_INCOMPAT_ENCRYPT |
			   EXT4_FEATURE_INCOMPAT_CASEFOLD | EXT4_FEATURE_INCOMPAT_EA_INODE |
			   EXT3_FEATURE_INCOMPAT_RECOVER | EXT3_FEATURE_INCOMPAT_JOURNAL_DEV,
};

int reader_error(struct ext4_reader *reader, errcode_t code, struct error *err)
{
	if (reader->io.error.kind != ERROR_NONE) {
		*err = reader->io.error;
		reader->io.error.kind = ERROR_NONE;
		return -1;
	}
	if (code == EXT2_ET_NO_MEMORY)
		return error_memory(err);
	return error_input(err, "the file system is malformed: %s", error_message(code));
}

int reader_blocks(struct ext4_reader *reader, uint64_t block, uint32_t count, void *bytes,
		  struct error *err)
{
	uint64_t total = ext2fs_blocks_count(reader->fs->super);
	uint32_t block_bytes = reader->fs->blocksize;

	if (block >= total || count > total - block)
		return error_input(err, "block %" PRIu64 " is outside of the file system", block);
	errcode_t code = read_io_bytes(&reader->io, block * block_bytes,
				       (uint64_t)count * block_bytes, bytes);
	return code ? reader_error(reader, code, err) : 0;
}

uint64_t reader_size(const struct ext2_inode_large *disk)
{
	return (uint64_t)disk->i_size_high << 32 | disk->i_size;
}

int reader_inode(struct ext4_reader *reader, uint32_t number, struct error *err)
{
	struct ext2_inode *inode = (struct ext2_inode *)reader->disk;
	errcode_t code = ext2fs_read_inode_full(reader->fs, number, inode,
						EXT2_INODE_SIZE(reader->fs->super));
	if (code)
		return reader_error(reader, code, err);
	if (inode->i_links_count == 0 || inode->i_mode == 0)
		return error_input(err, "inode %u is not in use", number);
	bool by_extents = S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode);
	if (by_extents && !(inode->i_flags & EXT4_EXTENTS_FL))
		return error_input(err, "inode %u does not use extents", number);
	return 0;
}

/* --- opening --------------------------------------------------------------------------------- */

/* libext2fs reserves memory for as many groups as the superblock claims. */
static int check_super(struct ext4_reader *reader, struct error *err)
{
	struct ext2_super_block super;
	errcode_t code =
		read_io_bytes(&reader->io, SUPERBLOCK_OFFSET, sizeof(super), (uint8_t *)&super);
	if (code)
		return reader_error(reader, code, err);
	if (super.s_magic != EXT2_SUPER_MAGIC)
		return error_input(err, "no ext4 file system");
	if (super.s_feature_incompat & FEATURES_REFUSED)
		return error_input(err, "the file system has features that podseal does not read");
	uint64_t bytes, blocks = super.s_blocks_count;
	if (super.s_feature_incompat & EXT4_FEATURE_INCOMPAT_64BIT)
		blocks |= (uint64_t)super.s_blocks_count_hi << 32;
	if (super.s_log_block_size > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE ||
	    !mul_u64(blocks, UINT64_C(1024) << super.s_log_block_size, &bytes) ||
	    div_up_u64(bytes, EXT4_BLOCK_BYTES) > reader->io.source.total_blocks)
		return error_input(err, "the file system claims to be larger than its volume");
	if (super.s_blocks_per_group < 256)
		return error_input(err, "the file system has %u blocks in a group",
				   super.s_blocks_per_group);
	return 0;
}

static int open_filsys(struct ext4_reader *reader, struct error *err)
{
	initialize_ext2_error_table();
	errcode_t code = ext2fs_open2(reader->io.name, NULL, EXT2_FLAG_64BITS, 0, 0,
				      &reader->io.manager, &reader->fs);
	if (code)
		return reader_error(reader, code, err);
	size_t bytes = EXT2_INODE_SIZE(reader->fs->super);
	if (bytes < sizeof(struct ext2_inode_large))
		bytes = sizeof(struct ext2_inode_large);
	/* libext2fs hashes the last attribute's value in whole words. */
	reader->disk = calloc(1, bytes + sizeof(__u32));
	return reader->disk ? 0 : error_memory(err);
}

int ext4_open(const struct ext4_source *source, struct ext4_reader **reader, struct error *err)
{
	cleanup_ext4_reader struct ext4_reader *made = calloc(1, sizeof(*made));
	if (!made)
		return error_memory(err);
	if (read_io_init(&made->io, source, err) < 0 || check_super(made, err) < 0 ||
	    open_filsys(made, err) < 0)
		return -1;
	*reader = take_ptr(made);
	return 0;
}

static void forget_file(struct ext4_reader *reader)
{
	free(reader->target);
	free(reader->xattrs);
	reader->target = NULL;
	reader->xattrs = NULL;
}

void ext4_close(struct ext4_reader *reader)
{
	if (!reader)
		return;
	forget_file(reader);
	if (reader->fs)
		ext2fs_free(reader->fs);
	read_io_free(&reader->io);
	free(reader->disk);
	free(reader);
}

/* --- stat ------------------------------------------------------------------------------------ */

/* Nanoseconds and the high bits of the seconds are there if the inode is long enough to have them.
 */
static void get_time(const struct ext4_reader *reader, const struct ext2_inode_large *disk,
		     struct ext4_file *file)
{
	uint32_t extra = 0;
	if (EXT2_INODE_SIZE(reader->fs->super) > EXT2_GOOD_OLD_INODE_SIZE &&
	    disk->i_extra_isize >=
		    offsetof(struct ext2_inode_large, i_atime_extra) - EXT2_GOOD_OLD_INODE_SIZE)
		extra = disk->i_mtime_extra;
	file->mtime_sec = (int32_t)disk->i_mtime + ((int64_t)(extra & EXT4_EPOCH_MASK) << 32);
	file->mtime_nsec = extra >> EXT4_EPOCH_BITS;
}

static void get_device(const struct ext2_inode_large *disk, struct ext4_file *file)
{
	uint32_t old = disk->i_block[0], wide = disk->i_block[1];
	if (old != 0) {
		file->major = old >> 8 & 0xff;
		file->minor = old & 0xff;
	} else {
		file->major = wide >> 8 & 0xfff;
		file->minor = (wide & 0xff) | (wide >> 12 & 0xfff00);
	}
}

int ext4_stat(struct ext4_reader *reader, uint32_t number, struct ext4_file *file,
	      struct error *err)
{
	forget_file(reader);
	if (reader_inode(reader, number, err) < 0)
		return -1;
	const struct ext2_inode_large *disk = reader->disk;
	struct ext4_file found = {
		.number = number,
		.mode = disk->i_mode,
		.uid = disk->i_uid | (uint32_t)disk->osd2.linux2.l_i_uid_high << 16,
		.gid = disk->i_gid | (uint32_t)disk->osd2.linux2.l_i_gid_high << 16,
		.links = disk->i_links_count,
		.size = reader_size(disk),
	};
	get_time(reader, disk, &found);
	if (S_ISCHR(disk->i_mode) || S_ISBLK(disk->i_mode))
		get_device(disk, &found);
	if (S_ISLNK(disk->i_mode) && read_link(reader, number, &reader->target, err) < 0)
		return -1;
	if (read_xattrs(reader, number, &reader->xattrs, err) < 0)
		return -1;
	found.target = reader->target;
	found.xattrs = reader->xattrs;
	*file = found;
	return 0;
}

/* --- content --------------------------------------------------------------------------------- */

/* Finds the size of a regular file. */
static int open_content(struct ext4_reader *reader, uint32_t number, uint64_t *size,
			struct error *err)
{
	if (reader_inode(reader, number, err) < 0)
		return -1;
	if (!S_ISREG(reader->disk->i_mode))
		return error_input(err, "not a regular file");
	*size = reader_size(reader->disk);
	return 0;
}

struct content_walk {
	struct ext4_reader *reader;
	uint64_t size; /* of the file */
	uint8_t *chunk;
	uint64_t chunk_bytes;
	int (*piece)(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		     struct error *err);
	void *context;
};

/* The bytes of the file that an extent holds: from *offset to the result. Blocks behind the file's
 * end are reserved for later. */
static uint64_t extent_end(const struct read_extent *extent, uint64_t block_bytes, uint64_t size,
			   uint64_t *offset)
{
	uint64_t end = (extent->file_block + (uint64_t)extent->blocks) * block_bytes;

	*offset = extent->file_block * block_bytes;
	return end < size ? end : size;
}

static int take_extent(void *context, const struct read_extent *extent, struct error *err)
{
	struct content_walk *walk = context;
	uint64_t block_bytes = walk->reader->fs->blocksize;
	uint64_t block = extent->block, offset;
	uint64_t end = extent_end(extent, block_bytes, walk->size, &offset);

	while (offset < end) {
		uint64_t part = end - offset;
		if (part > walk->chunk_bytes)
			part = walk->chunk_bytes;
		uint32_t blocks = (uint32_t)div_up_u64(part, block_bytes);
		if (reader_blocks(walk->reader, block, blocks, walk->chunk, err) < 0 ||
		    walk->piece(walk->context, offset, walk->chunk, (size_t)part, err) < 0)
			return -1;
		offset += part;
		block += blocks;
	}
	return 0;
}

int ext4_read_content(struct ext4_reader *reader, uint32_t number,
		      int (*piece)(void *context, uint64_t offset, const uint8_t *bytes,
				   size_t size, struct error *err),
		      void *context, struct error *err)
{
	uint64_t size = 0, chunk_bytes;
	if (open_content(reader, number, &size, err) < 0)
		return -1;
	if (!round_up_u64(size, reader->fs->blocksize, &chunk_bytes) || chunk_bytes > CHUNK_BYTES)
		chunk_bytes = CHUNK_BYTES;
	cleanup_free uint8_t *chunk = malloc(chunk_bytes ? chunk_bytes : 1);
	if (!chunk)
		return error_memory(err);
	struct content_walk walk = { reader, size, chunk, chunk_bytes, piece, context };
	return read_extents(reader, number, reader->disk->i_block, take_extent, &walk, err);
}

struct ranges_walk {
	uint64_t block_bytes, size;
	void (*range)(void *context, uint64_t offset, uint64_t size);
	void *context;
};

static int take_range(void *context, const struct read_extent *extent, struct error *err)
{
	const struct ranges_walk *walk = context;
	uint64_t offset, end = extent_end(extent, walk->block_bytes, walk->size, &offset);

	(void)err;
	if (offset < end)
		walk->range(walk->context, offset, end - offset);
	return 0;
}

int ext4_list_ranges(struct ext4_reader *reader, uint32_t number,
		     void (*range)(void *context, uint64_t offset, uint64_t size), void *context,
		     struct error *err)
{
	struct ranges_walk walk = { reader->fs->blocksize, 0, range, context };

	if (open_content(reader, number, &walk.size, err) < 0)
		return -1;
	return read_extents(reader, number, reader->disk->i_block, take_range, &walk, err);
}
