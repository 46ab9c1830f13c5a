// SPDX-License-Identifier: Apache-2.0
/* Shared by the files of verity/, and by nobody else. */
#pragma once

#include <string.h>

#include "verity/verity.h"

/* ERROR_INPUT, with the value found, for parameters no superblock may have. */
int verity_params_check(const struct verity_params *params, struct error *err) MUST_CHECK;

static inline struct sha256_salt verity_salt(const struct verity_params *params)
{
	return (struct sha256_salt){ params->salt, params->salt_size,
				     params->hash_type == VERITY_SALT_FIRST ? SHA256_SALT_FIRST
									    : SHA256_SALT_LAST };
}

/* Number of the first of `count` digests that is not the one wanted, or `count`. */
static inline uint64_t verity_first_difference(const uint8_t (*digests)[VERITY_DIGEST_BYTES],
					       const uint8_t *wanted, uint64_t count)
{
	uint64_t i = 0;

	while (i < count &&
	       memcmp(digests[i], wanted + i * VERITY_DIGEST_BYTES, VERITY_DIGEST_BYTES) == 0)
		i++;
	return i;
}

/* ERROR_MISMATCH in the words of all who verify. */
static inline int verity_data_block_differs(uint64_t block, struct error *err)
{
	return error_mismatch(err, "data block %llu does not match the hash tree",
			      (unsigned long long)block);
}

static inline int verity_hash_block_differs(uint64_t block, unsigned level,
					    const struct verity_layout *layout, struct error *err)
{
	return error_mismatch(err, "hash block %llu at level %u does not match the %s",
			      (unsigned long long)block, level,
			      level + 1 == layout->levels ? "root hash" : "hash tree");
}

/* Data blocks a worker takes at a time. */
uint64_t verity_unit_blocks(const struct verity_params *params);

/* Calls work(context) in `threads` threads at once (0: one for each CPU this process may use), the
 * calling one among them, and returns when all have returned. Where the system refuses a thread,
 * fewer do the work. */
void verity_run_workers(unsigned threads, void *(*work)(void *context), void *context);
