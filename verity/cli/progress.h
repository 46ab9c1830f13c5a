// SPDX-License-Identifier: Apache-2.0
/* A percentage on standard error while blocks are hashed, if that is a terminal. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
	_Atomic(uint64_t) blocks_done; /* for verity_effort */
	uint64_t blocks;
	const char *what; /* "root: " before the percentage; borrowed */
	bool running;
	bool stopping;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/* Begins to show how many of `blocks` are done. Shows nothing where it cannot. */
void progress_start(struct progress *progress, const char *what, uint64_t blocks);

/* Wipes the line. Once, after the work has ended. */
void progress_stop(struct progress *progress);
