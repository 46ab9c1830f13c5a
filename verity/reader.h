// SPDX-License-Identifier: Apache-2.0
/* Verified reads in any order: data blocks that the caller has read are held against the root hash
 * before they are used. Hash blocks that were verified, and no others, are kept in a cache of fixed
 * size, so that reading on costs little more than hashing the data.
 *
 * Never reads data, never looks at the superblock: parameters and root hash come from somewhere
 * that is trusted. verity_verify() is for checking all of it, with all cores. */
#pragma once

#include "common/cleanup.h"
#include "verity/verity.h"

struct verity_reader;

/* A reader of the hash area at byte `hash_offset` of `hash_fd`, which must stay open. `params` and
 * `root` are copied. Takes at most a MiB for each level of the tree. ERROR_INPUT: parameters that
 * no superblock may have. */
int verity_reader_new(int hash_fd, uint64_t hash_offset, const struct verity_params *params,
		      const uint8_t root[VERITY_DIGEST_BYTES], struct verity_reader **reader,
		      struct error *err) MUST_CHECK;
void verity_reader_free(struct verity_reader *reader);
DEFINE_CLEANUP(cleanup_verity_reader_p, struct verity_reader, verity_reader_free)
#define cleanup_verity_reader CLEANUP(cleanup_verity_reader_p)

/* 0 only if `blocks` are the `count` data blocks from number `first_block` on. ERROR_MISMATCH names
 * the first that is not, or the hash block on the way to it; ERROR_INPUT: they would end past the
 * data. What was read into memory is what counts: a file that changes afterwards changes nothing.
 * One thread at a time. */
int verity_reader_check(struct verity_reader *reader, uint64_t first_block, uint64_t count,
			const uint8_t *blocks, struct error *err) MUST_CHECK;
