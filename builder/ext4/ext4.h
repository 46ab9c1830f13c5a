// SPDX-License-Identifier: Apache-2.0
/* Writes a tree's metadata as an ext4 file system around data blocks that are already in place, and
 * reads such a file system, on libext2fs.
 *
 * Block 0 holds the superblock, the group descriptors follow, room for them kept up to the size
 * limit; file content streams from ext4_data_start() on, before any metadata is known; directories,
 * extent blocks, xattr blocks, bitmaps and inode tables follow the content, so that everything is
 * written once and nothing is read back. The profile is in docs/format.md, "File system". No I/O of
 * its own: blocks go out and come in through callbacks. */
#pragma once

#include "builder/stack/tree.h"

enum { EXT4_BLOCK_BYTES = TREE_BLOCK_BYTES };

/* The first block that content may use in a file system of at most `limit_blocks`. */
uint64_t ext4_data_start(uint64_t limit_blocks);

struct block_range {
	uint64_t first;
	uint64_t count;
};

struct ext4_options {
	uint8_t uuid[16];
	uint8_t hash_seed[16];
	/* Of the file system itself: creation, last write and check, and the birth of its files (no
	 * other time of theirs). Seconds since 1970, 0 to TREE_TIME_MAX. */
	int64_t timestamp;
	const char *label;     /* at most 16 bytes */
	uint64_t limit_blocks; /* as given to ext4_data_start(); a larger result is ERROR_INPUT */
	uint64_t data_end;     /* the first block after the content */
	/* Blocks below data_end that hold nothing; metadata goes there first. Ascending, not
	 * touching each other. */
	const struct block_range *free_ranges;
	size_t free_count;
};

struct ext4_sink {
	void *context;
	/* Where the content block `place` lies: its block, and how many of the `blocks` from there
	 * on lie directly behind each other (1..blocks). */
	uint64_t (*locate)(void *context, uint64_t place, uint32_t blocks, uint32_t *contiguous);
	/* Writes `count` whole metadata blocks. Each block is written exactly once, in no promised
	 * order. */
	int (*write)(void *context, uint64_t block, const void *bytes, uint32_t count,
		     struct error *err);
};

/* Numbers the inodes and writes all metadata. Free ranges that metadata does not fill are written
 * as zeros and marked free. `total_blocks` receives the size of the file system, at least data_end.
 * Needs the tree sorted, 16 bytes of memory for each inode, 24 for each name of the largest
 * directory and each extent of the file with the most, and a MiB beside.
 *
 * ERROR_INPUT, with the file's path before it: a file that ext4 cannot hold as it is (extended
 * attributes that do not fit in the inode and one block or have a name in no known namespace, more
 * than 65,000 hard links, a symbolic link longer than 4,095 bytes or empty, device numbers above
 * 4095:1048575, a file above 16 TiB, a directory above 512 MiB, a time outside TREE_TIME_MIN to
 * TREE_TIME_MAX); without a path: a file system larger than its limit. Nothing was written then. */
int ext4_write(struct tree *tree, const struct ext4_options *options, const struct ext4_sink *sink,
	       uint64_t *total_blocks, struct error *err) MUST_CHECK;

/* --- reading --------------------------------------------------------------------------------- */

struct ext4_source {
	void *context;
	uint64_t total_blocks;
	/* Fills `count` blocks of plaintext from `block` on. */
	int (*read)(void *context, uint64_t block, void *bytes, uint32_t count, struct error *err);
};

struct ext4_reader;

/* ERROR_INPUT if it is no ext4 file system, is larger than the source, or has features beyond those
 * of mke2fs's defaults. All that is read is held against its bounds and, with metadata_csum, its
 * checksum; each call ends, whatever the bytes are. Not thread-safe. */
int ext4_open(const struct ext4_source *source, struct ext4_reader **reader, struct error *err)
	MUST_CHECK;
void ext4_close(struct ext4_reader *reader);
DEFINE_CLEANUP(cleanup_ext4_reader_p, struct ext4_reader, ext4_close)
#define cleanup_ext4_reader CLEANUP(cleanup_ext4_reader_p)

/* What stat(2) would say, and more. Pointers live until the next call on the reader. */
struct ext4_file {
	uint32_t number; /* inode */
	uint32_t mode, uid, gid, links;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	uint32_t major, minor;
	uint64_t size;
	const char *target;             /* of a symbolic link */
	const struct xattr_set *xattrs; /* NULL: none */
};

/* Finds `path` (absolute or not, from the root). Symbolic links in it are followed inside the file
 * system, at most 40; one at the end only if `follow` or a slash follows it. ".." of the root is
 * the root. ERROR_INPUT: no such file. */
int ext4_lookup(struct ext4_reader *reader, const char *path, bool follow, uint32_t *number,
		struct error *err) MUST_CHECK;
int ext4_stat(struct ext4_reader *reader, uint32_t number, struct ext4_file *file,
	      struct error *err) MUST_CHECK;

/* The entries of a directory without "." and "..", sorted by name in byte order. */
int ext4_list(struct ext4_reader *reader, uint32_t number,
	      int (*visit)(void *context, const char *name, uint32_t number, struct error *err),
	      void *context, struct error *err) MUST_CHECK;

/* A regular file's allocated content: pieces of up to 1 MiB, of whole blocks but for the last,
 * which ends at the file's size, at ascending offsets; what lies between is holes. */
int ext4_read_content(struct ext4_reader *reader, uint32_t number,
		      int (*piece)(void *context, uint64_t offset, const uint8_t *bytes,
				   size_t size, struct error *err),
		      void *context, struct error *err) MUST_CHECK;

/* Where that content lies in the file, at ascending offsets, without reading it. */
int ext4_list_ranges(struct ext4_reader *reader, uint32_t number,
		     void (*range)(void *context, uint64_t offset, uint64_t size), void *context,
		     struct error *err) MUST_CHECK;
