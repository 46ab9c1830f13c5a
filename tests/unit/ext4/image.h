// SPDX-License-Identifier: Apache-2.0
/* A file system image for a test: a tree, content in a temporary file, and checks that the metadata
 * writer keeps its promises. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/ext4/ext4.h"
#include "builder/stack/arena.h"
#include "common/io.h"

struct image {
	char path[64];
	int fd;
	struct tree *tree;
	struct ext4_options options;
	uint64_t *places; /* the block behind each place */
	size_t place_count, place_capacity;
	uint8_t *state; /* of each block: content, metadata, or neither */
	uint64_t state_count;
	uint64_t next_block; /* for content */
	uint64_t total_blocks;
	struct error err;
};

enum { STATE_NONE, STATE_CONTENT, STATE_METADATA };

#define assert_done(image, call)                           \
	do {                                               \
		if ((call) < 0)                            \
			fail_msg("%s", (image)->err.text); \
	} while (0)

static inline void image_open(struct image *image, uint64_t limit_blocks)
{
	*image = (struct image){ .next_block = ext4_data_start(limit_blocks) };
	strcpy(image->path, "/tmp/podseal-ext4-XXXXXX");
	image->fd = mkostemp(image->path, O_CLOEXEC);
	assert_true(image->fd >= 0);
	image->options = (struct ext4_options){
		.uuid = "\x12\x34\x56\x78\x9a\xbc\x4d\xef\x80\x01\x02\x03\x04\x05\x06",
		.hash_seed = "\xa1\xb2\xc3\xd4\xe5\xf6\x47\x18\x92\x0a\x1b\x2c\x3d\x4e\x5f",
		.timestamp = 1700000000,
		.label = "root",
		.limit_blocks = limit_blocks,
	};
	assert_done(image, tree_new(1600000000, &image->tree, &image->err));
	image->state_count = limit_blocks;
	image->state = calloc(limit_blocks, 1);
	assert_non_null(image->state);
}

static inline void image_close(struct image *image)
{
	tree_free(image->tree);
	close(image->fd);
	unlink(image->path);
	free(image->places);
	free(image->state);
}

static inline struct inode *image_add(struct image *image, struct inode *directory,
				      const char *name, uint32_t mode)
{
	struct inode *inode = tree_inode(image->tree, mode);
	assert_non_null(inode);
	inode->mtime_sec = 1600000000;
	assert_done(image, tree_link(image->tree, directory, name, inode, &image->err));
	return inode;
}

/* A place for one block of content, at the next block. Returns the place. */
static inline uint64_t image_place(struct image *image)
{
	if (image->place_count == image->place_capacity) {
		image->place_capacity = image->place_capacity * 2 + 64;
		image->places = reallocarray(image->places, image->place_capacity,
					     sizeof(image->places[0]));
		assert_non_null(image->places);
	}
	assert_true(image->next_block < image->state_count);
	image->state[image->next_block] = STATE_CONTENT;
	image->places[image->place_count] = image->next_block++;
	return image->place_count++;
}

static inline void image_fill(struct image *image, uint64_t place, const void *bytes, size_t size)
{
	assert_done(image, pwrite_all(image->fd, bytes, size,
				      image->places[place] * EXT4_BLOCK_BYTES, &image->err));
}

/* A file of `blocks` whole blocks in one run, without bytes of its own. */
static inline struct inode *image_add_blocks(struct image *image, struct inode *directory,
					     const char *name, uint32_t blocks)
{
	struct inode *inode = image_add(image, directory, name, S_IFREG | 0644);
	inode->size = (uint64_t)blocks * EXT4_BLOCK_BYTES;
	inode->run_count = 1;
	inode->run = (struct data_run){ .place = image->place_count, .blocks = blocks };
	for (uint32_t i = 0; i < blocks; i++)
		image_place(image);
	return inode;
}

/* A file with that content, in one run. */
static inline struct inode *image_add_text(struct image *image, struct inode *directory,
					   const char *name, const char *text)
{
	size_t size = strlen(text);
	uint32_t blocks = (uint32_t)((size + EXT4_BLOCK_BYTES - 1) / EXT4_BLOCK_BYTES);
	uint64_t place = image->place_count;
	struct inode *inode = image_add_blocks(image, directory, name, blocks);
	inode->size = size;
	for (uint32_t i = 0; i < blocks; i++) {
		size_t at = (size_t)i * EXT4_BLOCK_BYTES;
		size_t part = size - at < EXT4_BLOCK_BYTES ? size - at : EXT4_BLOCK_BYTES;
		image_fill(image, place + i, text + at, part);
	}
	return inode;
}

static inline struct inode *image_add_link(struct image *image, struct inode *directory,
					   const char *name, const char *target)
{
	struct inode *inode = image_add(image, directory, name, S_IFLNK | 0777);
	inode->target = target;
	inode->size = strlen(target);
	return inode;
}

/* The first `count` of `items`, sorted by name, as the inode's attributes. */
static inline void image_set_xattrs(struct image *image, struct inode *inode,
				    const struct xattr *items, uint32_t count)
{
	struct xattr_set *set =
		arena_alloc(image->tree->arena, sizeof(*set) + count * sizeof(set->items[0]));
	assert_non_null(set);
	set->count = count;
	memcpy(set->items, items, count * sizeof(set->items[0]));
	inode->xattrs = set;
}

static inline uint64_t image_locate(void *context, uint64_t place, uint32_t blocks,
				    uint32_t *contiguous)
{
	const struct image *image = context;
	assert_true(place + blocks <= image->place_count);
	uint32_t n = 1;
	while (n < blocks && image->places[place + n] == image->places[place] + n)
		n++;
	*contiguous = n;
	return image->places[place];
}

static inline int image_write(void *context, uint64_t block, const void *bytes, uint32_t count,
			      struct error *err)
{
	struct image *image = context;
	for (uint64_t i = block; i < block + count; i++) {
		assert_true(i < image->state_count);
		assert_int_equal(image->state[i], STATE_NONE); /* once, and never over content */
		image->state[i] = STATE_METADATA;
	}
	return pwrite_all(image->fd, bytes, (size_t)count * EXT4_BLOCK_BYTES,
			  block * EXT4_BLOCK_BYTES, err);
}

/* Sorts the tree and writes the metadata. */
static inline int image_try(struct image *image)
{
	const struct ext4_sink sink = { image, image_locate, image_write };
	image->options.data_end = image->next_block;
	assert_done(image, tree_sort(image->tree, &image->err));
	return ext4_write(image->tree, &image->options, &sink, &image->total_blocks, &image->err);
}

/* As image_try(), which must work; no block may be missing. */
static inline void image_make(struct image *image)
{
	assert_done(image, image_try(image));
	assert_true(image->total_blocks <= image->options.limit_blocks);
	for (uint64_t i = 0; i < image->total_blocks; i++) {
		if (image->state[i] == STATE_NONE)
			fail_msg("block %llu was never written", (unsigned long long)i);
	}
	for (uint64_t i = image->total_blocks; i < image->state_count; i++)
		assert_int_equal(image->state[i], STATE_NONE);
	assert_int_equal(ftruncate(image->fd, (off_t)(image->total_blocks * EXT4_BLOCK_BYTES)), 0);
}

/* Runs a tool of e2fsprogs on the image: "e2fsck -fn %s". Its output, which the caller frees. */
static inline char *image_tool(const struct image *image, const char *format, int *status)
{
	char command[512], full[1024];
	snprintf(command, sizeof(command), format, image->path);
	snprintf(full, sizeof(full),
		 "PATH=$PATH:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL; { %s; } 2>&1", command);
	FILE *pipe = popen(full, "re");
	assert_non_null(pipe);
	size_t capacity = 1 << 20;
	char *text = calloc(1, capacity);
	assert_non_null(text);
	size_t size = fread(text, 1, capacity - 1, pipe);
	text[size] = '\0';
	*status = pclose(pipe);
	return text;
}

static inline void image_expect(const struct image *image, const char *command, const char *words)
{
	int status;
	char *text = image_tool(image, command, &status);
	if (status != 0 || !strstr(text, words))
		fail_msg("%s: status %d, no \"%s\" in:\n%s", command, status, words, text);
	free(text);
}

/* e2fsck has nothing to say but its five passes and the summary. */
static inline void image_check(const struct image *image)
{
	int status;
	char *text = image_tool(image, "e2fsck -fn %s", &status);
	unsigned lines = 0;
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	if (status != 0 || lines != 7)
		fail_msg("e2fsck: status %d:\n%s", status, text);
	free(text);
}
