// SPDX-License-Identifier: Apache-2.0
/* A call that waits for somebody else, in a process of its own: the service goes on meanwhile, and
 * what the broker sends is read where no other call is. Private to the server. */
#pragma once

#include "guest-init/imaged/server.h"

struct job {
	int fd; /* -1: none. Else where the answer comes from */
	uint32_t connection;
	uint64_t serial; /* of the connection, which may be another by then */
	uint8_t *frame;  /* what has come of it */
	size_t size;
};

/* Begins; the answer is made by `handler` in the other process, for `call`. */
int job_start(struct job *job, server_handler *handler, void *context, const struct call *call,
	      struct error *err) MUST_CHECK;

enum job_state { JOB_GOES_ON, JOB_DONE, JOB_FAILED };

/* Takes what has come. JOB_DONE: `frame` is the whole answer. JOB_FAILED: none comes. */
enum job_state job_read(struct job *job);
void job_end(struct job *job);
