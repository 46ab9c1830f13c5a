// SPDX-License-Identifier: Apache-2.0
#include "verity/cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { REFRESH_NANOSECONDS = 200 * 1000 * 1000 };

static struct timespec next_refresh(void)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += REFRESH_NANOSECONDS;
	if (at.tv_nsec >= 1000 * 1000 * 1000) {
		at.tv_nsec -= 1000 * 1000 * 1000;
		at.tv_sec++;
	}
	return at;
}

static void *show(void *context)
{
	struct progress *p = context;

	(void)pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		struct timespec at = next_refresh();
		(void)pthread_cond_timedwait(&p->wake, &p->lock, &at);
		uint64_t done = atomic_load(&p->blocks_done);
		(void)fprintf(stderr, "\r%s%3.0f %%", p->what,
			      100.0 * (double)done / (double)p->blocks);
	}
	(void)fprintf(stderr, "\r\033[K");
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

void progress_start(struct progress *p, const char *what, uint64_t blocks)
{
	*p = (struct progress){ .blocks = blocks, .what = what };
	if (!isatty(STDERR_FILENO))
		return;
	p->running = pthread_mutex_init(&p->lock, NULL) == 0 &&
		     pthread_cond_init(&p->wake, NULL) == 0 &&
		     pthread_create(&p->thread, NULL, show, p) == 0;
}

void progress_stop(struct progress *p)
{
	if (!p->running)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stopping = true;
	(void)pthread_cond_signal(&p->wake);
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	p->running = false;
}
