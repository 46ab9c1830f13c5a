// SPDX-License-Identifier: Apache-2.0
#include "builder/seal/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "builder/seal/xts.h"
#include "common/io.h"

enum { THREADS_MAX = 256 };

struct pipeline {
	struct pipeline_options options;
	pthread_mutex_t lock;
	pthread_cond_t buffer_free; /* a buffer came back, or all failed */
	pthread_cond_t work;        /* something is queued, or it is time to stop */
	pthread_cond_t idle;        /* nothing is queued or in hand any more */
	struct segment *all;        /* the array, to free */
	struct segment *free;
	struct segment *queue, **queue_end;
	unsigned in_hand; /* queued or being written */
	bool stopping;
	struct error failure; /* of the first thread that failed; kind ERROR_NONE: none has */
	pthread_t *threads;
	unsigned thread_count;
};

static int write_segment(const struct pipeline_options *o, struct xts *xts, const struct segment *s,
			 uint8_t (*digests)[SHA256_BYTES], struct error *err)
{
	uint64_t block = o->header_blocks + s->first_block; /* of the partition */
	size_t size = (size_t)s->blocks * PIPELINE_BLOCK_BYTES;

	if (xts && xts_apply(xts, s->first_block, s->bytes, s->blocks, err) < 0)
		return -1;
	if (sha256_many(o->salt, s->bytes, PIPELINE_BLOCK_BYTES, s->blocks, digests, err) < 0)
		return -1;
	if (pwrite_all(o->fd, s->bytes, size, o->data_offset_bytes + block * PIPELINE_BLOCK_BYTES,
		       err) < 0)
		return -1;
	return pwrite_all(o->spill_fd, digests, (size_t)s->blocks * SHA256_BYTES,
			  block * SHA256_BYTES, err);
}

/* The next segment to write, or NULL when it is time to stop. */
static struct segment *take(struct pipeline *p)
{
	struct segment *s = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->queue && !p->stopping)
		pthread_cond_wait(&p->work, &p->lock);
	if (p->queue && !p->stopping) {
		s = p->queue;
		p->queue = s->next;
		if (!p->queue)
			p->queue_end = &p->queue;
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

static void give_back(struct pipeline *p, struct segment *s, const struct error *failure)
{
	pthread_mutex_lock(&p->lock);
	if (failure && p->failure.kind == ERROR_NONE)
		p->failure = *failure;
	s->next = p->free;
	p->free = s;
	if (--p->in_hand == 0)
		pthread_cond_broadcast(&p->idle);
	if (failure)
		pthread_cond_broadcast(&p->buffer_free);
	else
		pthread_cond_signal(&p->buffer_free);
	pthread_mutex_unlock(&p->lock);
}

/* Inflating the longest lane bounds the whole build, so where there are more threads than CPUs its
 * thread should run whenever it can, and the pool on what is left: 3.5 s became 3.2 s on two. */
static void yield_to_readers(void)
{
	enum { NICER = 10 };

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + NICER);
}

static void *worker(void *argument)
{
	struct pipeline *p = argument;
	cleanup_xts struct xts *xts = NULL;
	uint8_t digests[SEGMENT_BLOCKS][SHA256_BYTES];
	struct error err = { 0 };
	struct segment *s;
	bool ready =
		!p->options.key || xts_new(p->options.key->bytes, XTS_ENCRYPT, &xts, &err) == 0;

	yield_to_readers();
	while ((s = take(p))) {
		bool written = ready && write_segment(&p->options, xts, s, digests, &err) == 0;
		give_back(p, s, written ? NULL : &err);
	}
	return NULL;
}

static int start_threads(struct pipeline *p, struct error *err)
{
	p->threads = calloc(p->options.threads, sizeof(*p->threads));
	if (!p->threads)
		return error_memory(err);
	while (p->thread_count < p->options.threads) {
		errno = pthread_create(&p->threads[p->thread_count], NULL, worker, p);
		if (errno)
			return error_system(err, "starting a thread");
		p->thread_count++;
	}
	return 0;
}

int pipeline_new(const struct pipeline_options *options, struct pipeline **result,
		 struct error *err)
{
	cleanup_pipeline struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return error_memory(err);
	p->options = *options;
	if (p->options.threads > THREADS_MAX)
		p->options.threads = THREADS_MAX;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->buffer_free, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->idle, NULL);
	p->queue_end = &p->queue;
	p->all = calloc(options->segments, sizeof(*p->all));
	if (!p->all)
		return error_memory(err);
	for (unsigned i = 0; i < options->segments; i++) {
		void *bytes;
		if (posix_memalign(&bytes, PIPELINE_BLOCK_BYTES, SEGMENT_BYTES) != 0)
			return error_memory(err);
		p->all[i].bytes = bytes;
		p->all[i].next = p->free;
		p->free = &p->all[i];
	}
	if (start_threads(p, err) < 0)
		return -1;
	*result = take_ptr(p);
	return 0;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->thread_count; i++)
		(void)pthread_join(p->threads[i], NULL);
	for (unsigned i = 0; p->all && i < p->options.segments; i++)
		free(p->all[i].bytes);
	free(p->all);
	free(p->threads);
	pthread_cond_destroy(&p->buffer_free);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int pipeline_get(struct pipeline *p, struct segment **segment, struct error *err)
{
	struct segment *s = NULL;

	pthread_mutex_lock(&p->lock);
	while (!p->free && p->failure.kind == ERROR_NONE)
		pthread_cond_wait(&p->buffer_free, &p->lock);
	if (p->failure.kind == ERROR_NONE) {
		s = p->free;
		p->free = s->next;
	} else {
		*err = p->failure;
	}
	pthread_mutex_unlock(&p->lock);
	if (!s)
		return -1;
	s->blocks = 0;
	s->next = NULL;
	*segment = s;
	return 0;
}

void pipeline_put(struct pipeline *p, struct segment *s)
{
	pthread_mutex_lock(&p->lock);
	s->next = NULL;
	*p->queue_end = s;
	p->queue_end = &s->next;
	p->in_hand++;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void pipeline_drop(struct pipeline *p, struct segment *s)
{
	pthread_mutex_lock(&p->lock);
	s->next = p->free;
	p->free = s;
	pthread_cond_signal(&p->buffer_free);
	pthread_mutex_unlock(&p->lock);
}

int pipeline_drain(struct pipeline *p, struct error *err)
{
	int result = 0;

	pthread_mutex_lock(&p->lock);
	while (p->in_hand)
		pthread_cond_wait(&p->idle, &p->lock);
	if (p->failure.kind != ERROR_NONE) {
		*err = p->failure;
		result = -1;
	}
	pthread_mutex_unlock(&p->lock);
	return result;
}

/* Writes only what is not zero: the rest of a new file reads as zeros. Its digests must be there
 * all the same. */
int pipeline_write_header(struct pipeline *p, const uint8_t *bytes, size_t size, struct error *err)
{
	static const uint8_t zero[PIPELINE_BLOCK_BYTES];
	const struct pipeline_options *o = &p->options;
	uint32_t used = (uint32_t)(size / PIPELINE_BLOCK_BYTES);
	cleanup_free uint8_t(*digests)[SHA256_BYTES] = calloc(o->header_blocks, SHA256_BYTES);

	if (!digests)
		return error_memory(err);
	if (size % PIPELINE_BLOCK_BYTES != 0 || used >= o->header_blocks)
		return error_system_text(
			err, "the LUKS2 header of %zu bytes does not fit before its payload", size);
	if (sha256_many(o->salt, bytes, PIPELINE_BLOCK_BYTES, used, digests, err) < 0 ||
	    sha256_many(o->salt, zero, PIPELINE_BLOCK_BYTES, 1, &digests[used], err) < 0)
		return -1;
	for (uint32_t i = used + 1; i < o->header_blocks; i++)
		memcpy(digests[i], digests[used], SHA256_BYTES);
	if (pwrite_all(o->fd, bytes, size, o->data_offset_bytes, err) < 0)
		return -1;
	return pwrite_all(o->spill_fd, digests, (size_t)o->header_blocks * SHA256_BYTES, 0, err);
}
