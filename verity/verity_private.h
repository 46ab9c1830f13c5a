// SPDX-License-Identifier: Apache-2.0
/* Shared by the files of verity/, and by nobody else. */
#pragma once

#include "verity/verity.h"

/* ERROR_INPUT, with the value found, for parameters no superblock may have. */
int verity_params_check(const struct verity_params *params, struct error *err) MUST_CHECK;

static inline struct sha256_salt verity_salt(const struct verity_params *params)
{
	return (struct sha256_salt){ params->salt, params->salt_size,
				     params->hash_type == VERITY_SALT_FIRST ? SHA256_SALT_FIRST
									    : SHA256_SALT_LAST };
}

/* Data blocks a worker takes at a time. */
uint64_t verity_unit_blocks(const struct verity_params *params);

/* Calls work(context) in `threads` threads at once (0: one for each CPU this process may use), the
 * calling one among them, and returns when all have returned. Where the system refuses a thread,
 * fewer do the work. */
void verity_run_workers(unsigned threads, void *(*work)(void *context), void *context);
