// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/content_writer.h"

#include "builder/stack/content_checksum.h"

static const uint8_t zero_block[PIPELINE_BLOCK_BYTES];

void content_writer_init(struct content_writer *w, struct lane *lane)
{
	*w = (struct content_writer){ .lane = lane };
}

void content_writer_free(struct content_writer *w)
{
	free(w->runs);
}

void content_writer_begin(struct content_writer *w)
{
	w->run_count = 0;
	w->checksum = 0;
	w->in_run = false;
}

static int append(struct content_writer *w, const uint8_t *bytes, size_t size, struct error *err)
{
	w->checksum = content_checksum_update(w->checksum, bytes, size);
	w->next_offset += size;
	return lane_write(w->lane, bytes, size, err);
}

static int append_zeros(struct content_writer *w, uint64_t count, struct error *err)
{
	return append(w, zero_block, (size_t)count, err); /* always less than a block */
}

static uint64_t to_block_end(uint64_t offset)
{
	return (PIPELINE_BLOCK_BYTES - offset % PIPELINE_BLOCK_BYTES) % PIPELINE_BLOCK_BYTES;
}

static int close_run(struct content_writer *w, struct error *err)
{
	if (!w->in_run)
		return 0;
	if (append_zeros(w, to_block_end(w->next_offset), err) < 0)
		return -1;
	struct data_run *run = &w->runs[w->run_count - 1];
	run->blocks = (uint32_t)(w->next_offset / PIPELINE_BLOCK_BYTES - run->file_block);
	w->in_run = false;
	return 0;
}

static int open_run(struct content_writer *w, uint64_t offset, struct error *err)
{
	if (w->run_count == w->run_capacity) {
		size_t capacity = w->run_capacity ? 2 * w->run_capacity : 16;
		struct data_run *runs = reallocarray(w->runs, capacity, sizeof(*runs));
		if (!runs)
			return error_memory(err);
		w->runs = runs;
		w->run_capacity = capacity;
	}
	uint64_t block = offset / PIPELINE_BLOCK_BYTES;
	if (block > UINT32_MAX)
		return error_input(err,
				   "a file has content at byte %llu, past what ext4 can address",
				   (unsigned long long)offset);
	w->runs[w->run_count++] = (struct data_run){
		.place = lane_place(w->lane),
		.file_block = (uint32_t)block,
	};
	w->next_offset = block * PIPELINE_BLOCK_BYTES;
	w->in_run = true;
	return append_zeros(w, offset % PIPELINE_BLOCK_BYTES, err);
}

int content_writer_piece(struct content_writer *w, uint64_t offset, const uint8_t *bytes,
			 size_t size, struct error *err)
{
	if (w->in_run) {
		uint64_t gap = offset - w->next_offset;
		/* a gap that ends inside the block it begins in is no hole */
		if (gap && gap >= to_block_end(w->next_offset)) {
			if (close_run(w, err) < 0)
				return -1;
		} else if (append_zeros(w, gap, err) < 0) {
			return -1;
		}
	}
	if (!w->in_run && size && open_run(w, offset, err) < 0)
		return -1;
	return append(w, bytes, size, err);
}

int content_writer_end(struct content_writer *w, struct error *err)
{
	return close_run(w, err);
}
