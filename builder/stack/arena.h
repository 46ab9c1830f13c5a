// SPDX-License-Identifier: Apache-2.0
/* Memory that is taken in small pieces and released all at once. What is taken never moves and is
 * never returned alone. Not thread-safe. */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"

struct arena;

/* NULL: no memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
DEFINE_CLEANUP(cleanup_arena_p, struct arena, arena_free)
#define cleanup_arena CLEANUP(cleanup_arena_p)

/* `size` zero bytes, aligned for any integer or pointer. NULL: no memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `size` bytes and a NUL behind them, not aligned. NULL: no memory. */
char *arena_copy(struct arena *arena, const void *bytes, size_t size);

/* `arena` takes over all that `other` holds; `other` is gone. */
void arena_adopt(struct arena *arena, struct arena *other);
