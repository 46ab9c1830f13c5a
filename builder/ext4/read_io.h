// SPDX-License-Identifier: Apache-2.0
/* An ext4_source as libext2fs reads it: any block size, with a small cache of blocks. */
#pragma once

#include <ext2fs/ext2fs.h>

#include "builder/ext4/ext4.h"

enum { READ_IO_SLOTS = 64 };

struct read_io {
	struct ext4_source source;
	struct struct_io_manager manager;
	struct struct_io_channel channel;
	struct error error;             /* the source's, once it failed; else ERROR_NONE */
	uint8_t *bytes;                 /* READ_IO_SLOTS blocks */
	uint64_t blocks[READ_IO_SLOTS]; /* which block each slot holds, plus one; 0: none */
	char name[32];
};

int read_io_init(struct read_io *io, const struct ext4_source *source, struct error *err)
	MUST_CHECK;
void read_io_free(struct read_io *io);

/* `size` bytes at byte `offset`. EXT2_ET_SHORT_READ behind the end. */
errcode_t read_io_bytes(struct read_io *io, uint64_t offset, uint64_t size, uint8_t *bytes);
