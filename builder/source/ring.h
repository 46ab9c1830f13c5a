// SPDX-License-Identifier: Apache-2.0
/* A bounded queue of large buffers between two threads, one that fills and one that empties them:
 * buffers are allocated once and go round, nothing is copied. Private to builder/source/.
 *
 *     ring_reserve(), fill, ring_commit() ...  ring_close()         the filling thread
 *     ring_take() ...                          ring_cancel()        the emptying one */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

struct ring;

/* `count` buffers of `bytes` each. */
int ring_new(size_t count, size_t bytes, struct ring **ring, struct error *err) MUST_CHECK;
void ring_free(struct ring *ring);
DEFINE_CLEANUP(cleanup_ring_p, struct ring, ring_free)
#define cleanup_ring CLEANUP(cleanup_ring_p)

/* Waits for an empty buffer. NULL: cancelled, nobody will take more. */
uint8_t *ring_reserve(struct ring *ring);
/* The first `size` bytes of the buffer reserved are full. */
void ring_commit(struct ring *ring, size_t size);
/* No more will come: all was well, or `failure` is why. */
void ring_close(struct ring *ring, const struct error *failure);

/* Waits for a full buffer, valid until the next call: 1. At the end 0, or -1 with *err why the
 * filling thread gave up. */
int ring_take(struct ring *ring, const uint8_t **bytes, size_t *size, struct error *err) MUST_CHECK;
/* No more will be taken; a filling thread that waits is woken. */
void ring_cancel(struct ring *ring);
