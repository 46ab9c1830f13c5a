// SPDX-License-Identifier: Apache-2.0
/* Writes the content of one file after the other into a lane, and notes where each file's blocks
 * went. */
#pragma once

#include "builder/seal/weave.h"
#include "builder/stack/tree.h"

struct content_writer {
	struct lane *lane;
	uint64_t next_offset; /* in the file: where the run being written goes on */
	uint64_t checksum;
	struct data_run *runs;
	size_t run_count, run_capacity;
	bool in_run;
};

/* One for a lane; content_writer_free() releases what it holds. */
void content_writer_init(struct content_writer *writer, struct lane *lane);
void content_writer_free(struct content_writer *writer);

/* Starts a file. */
void content_writer_begin(struct content_writer *writer);

/* A piece at `offset`, which is at or after the end of the piece before. Blocks that no piece
 * touches are holes. */
int content_writer_piece(struct content_writer *writer, uint64_t offset, const uint8_t *bytes,
			 size_t size, struct error *err) MUST_CHECK;

/* Ends the file: `runs`, `run_count` and `checksum` of the writer describe it until the next begin.
 */
int content_writer_end(struct content_writer *writer, struct error *err) MUST_CHECK;
