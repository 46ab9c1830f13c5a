// SPDX-License-Identifier: Apache-2.0
#include "builder/ext4/read_io.h"

#include <inttypes.h>
#include <string.h>

#include "common/checked.h"

enum { SOURCE_BLOCKS_MAX = 256 }; /* a MiB */

static errcode_t from_source(struct read_io *io, uint64_t block, uint8_t *bytes, uint32_t count)
{
	struct error err = { .kind = ERROR_NONE };
	if (io->source.read(io->source.context, block, bytes, count, &err) == 0)
		return 0;
	io->error = err;
	return EXT2_ET_SHORT_READ;
}

static errcode_t cached(struct read_io *io, uint64_t block, const uint8_t **bytes)
{
	size_t slot = block % READ_IO_SLOTS;
	uint8_t *at = io->bytes + slot * EXT4_BLOCK_BYTES;

	if (io->blocks[slot] != block + 1) {
		io->blocks[slot] = 0;
		errcode_t code = from_source(io, block, at, 1);
		if (code)
			return code;
		io->blocks[slot] = block + 1;
	}
	*bytes = at;
	return 0;
}

errcode_t read_io_bytes(struct read_io *io, uint64_t offset, uint64_t size, uint8_t *bytes)
{
	uint64_t end;
	if (!add_u64(offset, size, &end) ||
	    div_up_u64(end, EXT4_BLOCK_BYTES) > io->source.total_blocks)
		return EXT2_ET_SHORT_READ;

	while (size > 0) {
		uint64_t block = offset / EXT4_BLOCK_BYTES;
		uint64_t at = offset % EXT4_BLOCK_BYTES;
		uint64_t part = EXT4_BLOCK_BYTES - at;
		errcode_t code;
		if (at == 0 && size >= 2 * EXT4_BLOCK_BYTES) {
			uint64_t count = size / EXT4_BLOCK_BYTES;
			if (count > SOURCE_BLOCKS_MAX)
				count = SOURCE_BLOCKS_MAX;
			part = count * EXT4_BLOCK_BYTES;
			code = from_source(io, block, bytes, (uint32_t)count);
		} else {
			const uint8_t *from = NULL;
			if (part > size)
				part = size;
			code = cached(io, block, &from);
			if (code == 0)
				memcpy(bytes, from + at, part);
		}
		if (code)
			return code;
		offset += part;
		bytes += part;
		size -= part;
	}
	return 0;
}

/* libext2fs hands over a name and nothing else, so the name is the address. */
static errcode_t channel_open(const char *name, int flags, io_channel *channel)
{
	(void)flags;
	struct read_io *io = (struct read_io *)strtoumax(name, NULL, 16);
	*channel = &io->channel;
	return 0;
}

static errcode_t channel_close(io_channel channel)
{
	(void)channel;
	return 0;
}

static errcode_t channel_set_block_size(io_channel channel, int block_size)
{
	channel->block_size = block_size;
	return 0;
}

/* A negative count is one of bytes. */
static errcode_t channel_read64(io_channel channel, unsigned long long block, int count, void *data)
{
	uint64_t offset, size = (uint64_t) - (int64_t)count;
	if (count >= 0)
		size = (uint64_t)count * (uint64_t)channel->block_size;
	if (!mul_u64(block, (uint64_t)channel->block_size, &offset))
		return EXT2_ET_SHORT_READ;
	return read_io_bytes(channel->private_data, offset, size, data);
}

static errcode_t channel_read(io_channel channel, unsigned long block, int count, void *data)
{
	return channel_read64(channel, block, count, data);
}

static errcode_t channel_flush(io_channel channel)
{
	(void)channel;
	return 0;
}

int read_io_init(struct read_io *io, const struct ext4_source *source, struct error *err)
{
	uint8_t *bytes = malloc((size_t)READ_IO_SLOTS * EXT4_BLOCK_BYTES);
	if (!bytes)
		return error_memory(err);
	*io = (struct read_io){
		.source = *source,
		.bytes = bytes,
		.manager = {
			.magic = EXT2_ET_MAGIC_IO_MANAGER,
			.name = "podseal",
			.open = channel_open,
			.close = channel_close,
			.set_blksize = channel_set_block_size,
			.read_blk = channel_read,
			.read_blk64 = channel_read64,
			.flush = channel_flush,
		},
	};
	snprintf(io->name, sizeof(io->name), "%" PRIxPTR, (uintptr_t)io);
	io->channel = (struct struct_io_channel){
		.magic = EXT2_ET_MAGIC_IO_CHANNEL,
		.manager = &io->manager,
		.name = io->name,
		.block_size = SUPERBLOCK_OFFSET,
		.refcount = 1,
		.private_data = io,
	};
	return 0;
}

void read_io_free(struct read_io *io)
{
	free(io->bytes);
	io->bytes = NULL;
}
