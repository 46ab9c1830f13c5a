// SPDX-License-Identifier: Apache-2.0
#include "builder/source/ring.h"

#include <pthread.h>
#include <stdbool.h>

struct slot {
	uint8_t *bytes;
	size_t size;
};

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t count, bytes;
	struct slot *slots;
	uint64_t filled, emptied; /* slots, ever; the one being emptied is not counted as emptied */
	bool taking;              /* the emptying thread holds slot `emptied` */
	bool closed, cancelled;
	struct error failure; /* kind ERROR_NONE: none */
};

int ring_new(size_t count, size_t bytes, struct ring **ring, struct error *err)
{
	struct ring *made = calloc(1, sizeof(*made));

	if (!made)
		return error_memory(err);
	cleanup_ring struct ring *r = made;
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->changed, NULL);
	r->count = count;
	r->bytes = bytes;
	r->slots = calloc(count, sizeof(*r->slots));
	if (!r->slots)
		return error_memory(err);
	for (size_t i = 0; i < count; i++) {
		r->slots[i].bytes = malloc(bytes);
		if (!r->slots[i].bytes)
			return error_memory(err);
	}
	*ring = take_ptr(r);
	return 0;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	for (size_t i = 0; ring->slots && i < ring->count; i++)
		free(ring->slots[i].bytes);
	free(ring->slots);
	(void)pthread_cond_destroy(&ring->changed);
	(void)pthread_mutex_destroy(&ring->lock);
	free(ring);
}

uint8_t *ring_reserve(struct ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
	/* once full, not before half of it is empty: a switch of threads costs as much as a piece
	 */
	if (ring->filled - ring->emptied == ring->count)
		while (!ring->cancelled && ring->filled - ring->emptied > ring->count / 2)
			(void)pthread_cond_wait(&ring->changed, &ring->lock);
	uint8_t *bytes = ring->cancelled ? NULL : ring->slots[ring->filled % ring->count].bytes;
	(void)pthread_mutex_unlock(&ring->lock);
	return bytes;
}

void ring_commit(struct ring *ring, size_t size)
{
	(void)pthread_mutex_lock(&ring->lock);
	ring->slots[ring->filled % ring->count].size = size;
	ring->filled++;
	(void)pthread_cond_signal(&ring->changed);
	(void)pthread_mutex_unlock(&ring->lock);
}

void ring_close(struct ring *ring, const struct error *failure)
{
	(void)pthread_mutex_lock(&ring->lock);
	ring->closed = true;
	if (failure)
		ring->failure = *failure;
	(void)pthread_cond_signal(&ring->changed);
	(void)pthread_mutex_unlock(&ring->lock);
}

int ring_take(struct ring *ring, const uint8_t **bytes, size_t *size, struct error *err)
{
	int result = 0;

	(void)pthread_mutex_lock(&ring->lock);
	if (ring->taking) {
		ring->taking = false;
		ring->emptied++;
		if (ring->filled - ring->emptied == ring->count / 2)
			(void)pthread_cond_signal(&ring->changed);
	}
	while (!ring->closed && ring->filled == ring->emptied)
		(void)pthread_cond_wait(&ring->changed, &ring->lock);
	if (ring->filled != ring->emptied) {
		const struct slot *slot = &ring->slots[ring->emptied % ring->count];
		ring->taking = true;
		*bytes = slot->bytes;
		*size = slot->size;
		result = 1;
	} else if (ring->failure.kind != ERROR_NONE) {
		*err = ring->failure;
		result = -1;
	}
	(void)pthread_mutex_unlock(&ring->lock);
	return result;
}

void ring_cancel(struct ring *ring)
{
	(void)pthread_mutex_lock(&ring->lock);
	ring->cancelled = true;
	(void)pthread_cond_signal(&ring->changed);
	(void)pthread_mutex_unlock(&ring->lock);
}
