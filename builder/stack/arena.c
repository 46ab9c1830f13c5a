// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CHUNK_BYTES = 4096,
	LARGEST_CHUNK_BYTES = 1024 * 1024,
	ALIGNMENT = alignof(uint64_t),
};

/* Objects grow from the front, strings from the back: so neither pads the other. */
struct chunk {
	struct chunk *next;
	size_t front, back; /* what is free, in `bytes` */
	alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks; /* the first one is being filled */
	size_t chunk_bytes;   /* of the next one */
};

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));
	if (arena)
		arena->chunk_bytes = FIRST_CHUNK_BYTES;
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->chunks) {
		struct chunk *next = arena->chunks->next;
		free(arena->chunks);
		arena->chunks = next;
	}
	free(arena);
}

static struct chunk *chunk_new(size_t size)
{
	if (size > PTRDIFF_MAX - sizeof(struct chunk))
		return NULL;
	struct chunk *chunk = calloc(1, sizeof(*chunk) + size);
	if (chunk)
		chunk->back = size;
	return chunk;
}

/* A chunk with `size` free bytes. What would waste most of a chunk gets one of its own, behind the
 * one being filled. */
static struct chunk *arena_reserve(struct arena *arena, size_t size)
{
	struct chunk *first = arena->chunks;
	if (first && first->back - first->front >= size)
		return first;
	bool large = size > arena->chunk_bytes / 4;
	struct chunk *chunk = chunk_new(large ? size : arena->chunk_bytes - sizeof(*chunk));
	if (!chunk)
		return NULL;
	if (large && first) {
		chunk->next = first->next;
		first->next = chunk;
		return chunk;
	}
	chunk->next = first;
	arena->chunks = chunk;
	if (arena->chunk_bytes < LARGEST_CHUNK_BYTES)
		arena->chunk_bytes *= 2;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > PTRDIFF_MAX - ALIGNMENT)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct chunk *chunk = arena_reserve(arena, size);
	if (!chunk)
		return NULL;
	void *object = chunk->bytes + chunk->front;
	chunk->front += size;
	return object;
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
	if (size >= PTRDIFF_MAX)
		return NULL;
	struct chunk *chunk = arena_reserve(arena, size + 1);
	if (!chunk)
		return NULL;
	chunk->back -= size + 1;
	char *copy = (char *)chunk->bytes + chunk->back;
	if (size > 0)
		memcpy(copy, bytes, size); /* the NUL is there: chunks are zeroed */
	return copy;
}

void arena_adopt(struct arena *arena, struct arena *other)
{
	assert(arena != other);
	struct chunk **end = &arena->chunks;
	while (*end)
		end = &(*end)->next;
	*end = take_ptr(other->chunks);
	arena_free(other);
}
