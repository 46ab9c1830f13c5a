// SPDX-License-Identifier: Apache-2.0
/* The second half of the one pass: plaintext blocks come in by the segment, in any order, and each
 * is encrypted, hashed and written once, by a pool of threads with a bounded number of buffers.
 *
 * The digests of the blocks, which are the leaf level of the volume's hash tree, go to a spill
 * file, at 32 bytes for each block: where the tree will lie is known only when the last block is.
 */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/secret.h"
#include "verity/sha256_many.h"

enum {
	PIPELINE_BLOCK_BYTES = 4096,
	/* 1 MiB: encrypted, then hashed while it lies in a core's second-level cache; twice that
	   was no faster */
	SEGMENT_BLOCKS = 256,
	SEGMENT_BYTES = SEGMENT_BLOCKS * PIPELINE_BLOCK_BYTES,
};

/* A buffer on its way. */
struct segment {
	uint8_t *bytes;       /* SEGMENT_BYTES of them, page-aligned */
	uint64_t first_block; /* in the file system */
	uint32_t blocks;      /* 1..SEGMENT_BLOCKS */
	struct segment *next;
};

struct pipeline_options {
	int fd;                         /* the output */
	uint64_t data_offset_bytes;     /* of the data partition in it */
	uint32_t header_blocks;         /* of the data partition, before the file system: the LUKS2
					   header's, or 0 */
	const struct secret *key;       /* 64 bytes; NULL: blocks are written as they are */
	const struct sha256_salt *salt; /* of the hash tree */
	int spill_fd;      /* receives the digest of block i of the data partition at 32 * i */
	unsigned threads;  /* at least 1 */
	unsigned segments; /* buffers, at least 1 */
};

struct pipeline;

/* `options` is copied; what it points to must outlive the pipeline. */
int pipeline_new(const struct pipeline_options *options, struct pipeline **pipeline,
		 struct error *err) MUST_CHECK;
/* Stops the threads, whether or not everything was written. */
void pipeline_free(struct pipeline *pipeline);
DEFINE_CLEANUP(cleanup_pipeline_p, struct pipeline, pipeline_free)
#define cleanup_pipeline CLEANUP(cleanup_pipeline_p)

/* An empty buffer; waits for one. Fails once the pipeline has failed, with its reason. */
int pipeline_get(struct pipeline *pipeline, struct segment **segment, struct error *err) MUST_CHECK;

/* Hands `segment`, its fields filled in, over to be written. Never waits. */
void pipeline_put(struct pipeline *pipeline, struct segment *segment);

/* Gives back a buffer that is not needed after all. */
void pipeline_drop(struct pipeline *pipeline, struct segment *segment);

/* Waits until everything handed over is written; fails with the first failure of any thread. */
int pipeline_drain(struct pipeline *pipeline, struct error *err) MUST_CHECK;

/* Writes the header blocks, `size` bytes and then zeros, as they are, with their digests. */
int pipeline_write_header(struct pipeline *pipeline, const uint8_t *bytes, size_t size,
			  struct error *err) MUST_CHECK;
