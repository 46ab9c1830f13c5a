// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/progress.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "common/bytes_text.h"

enum {
	BAR_TICK_MS = 100,
	PLAIN_TICK_MS = 5000,
	JSON_TICK_MS = 500,
	BAR_WIDTH = 30,
	LINE_MAX_BYTES = 256
};

struct progress {
	enum progress_style style;
	const struct build_meter *meter;
	struct timespec started;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
};

static const char *const stage_names[] = {
	[STAGE_CONTENT] = "content",
	[STAGE_METADATA] = "metadata",
	[STAGE_TREE] = "hash-tree",
	[STAGE_SEAL] = "seal",
};

static const char *const stage_texts[] = {
	[STAGE_CONTENT] = "reading layers, encrypting, hashing",
	[STAGE_METADATA] = "writing directories and inodes",
	[STAGE_TREE] = "finishing the hash tree",
	[STAGE_SEAL] = "sealing",
};

int progress_style_parse(const char *text, enum progress_style *style, struct error *err)
{
	if (strcmp(text, "auto") == 0)
		*style = isatty(STDERR_FILENO) ? PROGRESS_BAR : PROGRESS_PLAIN;
	else if (strcmp(text, "plain") == 0)
		*style = PROGRESS_PLAIN;
	else if (strcmp(text, "json") == 0)
		*style = PROGRESS_JSON;
	else if (strcmp(text, "none") == 0)
		*style = PROGRESS_NONE;
	else
		return error_usage(err, "\"%s\" is not a progress style: auto, plain, json or none",
				   text);
	return 0;
}

/* A moment's numbers, read once so that one line does not contradict itself. */
struct reading {
	double seconds;
	uint64_t read, total;
	unsigned layers_read, layers_total;
	enum build_stage stage;
};

static struct reading look(const struct progress *p)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	struct reading r = {
		.seconds = (double)(now.tv_sec - p->started.tv_sec) +
			   (double)(now.tv_nsec - p->started.tv_nsec) / 1e9,
		.read = p->meter->bytes_read,
		.total = p->meter->bytes_total,
		.layers_read = p->meter->layers_read,
		.layers_total = p->meter->layers_total,
		.stage = p->meter->stage,
	};
	return r;
}

static double rate(const struct reading *r)
{
	return r->seconds > 0.05 ? (double)r->read / r->seconds : 0;
}

static int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void print_bar(const struct reading *r)
{
	char bar[BAR_WIDTH + 1], line[LINE_MAX_BYTES];
	char read[BYTES_TEXT_BYTES], total[BYTES_TEXT_BYTES], per_second[BYTES_TEXT_BYTES];
	char left[32] = "";
	double done = r->total ? (double)r->read / (double)r->total : 0;
	int filled = (int)(done * BAR_WIDTH);

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)(filled < 0 ? 0 : filled > BAR_WIDTH ? BAR_WIDTH : filled));
	bar[BAR_WIDTH] = '\0';
	if (r->stage == STAGE_CONTENT && rate(r) > 0 && r->total >= r->read)
		(void)snprintf(left, sizeof(left), ", %.0f s left",
			       (double)(r->total - r->read) / rate(r));
	if (r->stage == STAGE_CONTENT)
		(void)snprintf(
			line, sizeof(line), "[%s] layer %u of %u, %s of %s, %s/s%s", bar,
			r->layers_read < r->layers_total ? r->layers_read + 1 : r->layers_total,
			r->layers_total, bytes_text(r->read, read), bytes_text(r->total, total),
			bytes_text((uint64_t)rate(r), per_second), left);
	else
		(void)snprintf(line, sizeof(line), "[%s] %s", bar, stage_texts[r->stage]);
	(void)fprintf(stderr, "\r%.*s\033[K", terminal_columns() - 1, line);
	(void)fflush(stderr);
}

static void print_plain(const struct reading *r)
{
	char read[BYTES_TEXT_BYTES], total[BYTES_TEXT_BYTES];

	if (r->stage == STAGE_CONTENT)
		(void)fprintf(stderr, "podseal: %s: %u of %u layers, %s of %s, %.1f s\n",
			      stage_texts[r->stage], r->layers_read, r->layers_total,
			      bytes_text(r->read, read), bytes_text(r->total, total), r->seconds);
	else
		(void)fprintf(stderr, "podseal: %s, %.1f s\n", stage_texts[r->stage], r->seconds);
}

static void print_json(const struct reading *r)
{
	(void)fprintf(
		stderr,
		"{\"stage\":\"%s\",\"layers_read\":%u,\"layers_total\":%u,\"bytes_read\":%llu,"
		"\"bytes_total\":%llu,\"seconds\":%.3f}\n",
		stage_names[r->stage], r->layers_read, r->layers_total, (unsigned long long)r->read,
		(unsigned long long)r->total, r->seconds);
}

static void print(const struct progress *p)
{
	struct reading r = look(p);

	if (r.layers_total == 0) /* the build has not counted yet */
		return;
	if (p->style == PROGRESS_BAR)
		print_bar(&r);
	else if (p->style == PROGRESS_PLAIN)
		print_plain(&r);
	else
		print_json(&r);
}

static long tick_ms(const struct progress *p)
{
	return p->style == PROGRESS_BAR     ? BAR_TICK_MS
	       : p->style == PROGRESS_PLAIN ? PLAIN_TICK_MS
					    : JSON_TICK_MS;
}

static void *run(void *argument)
{
	struct progress *p = argument;

	pthread_mutex_lock(&p->lock);
	/* a log gets no line about what ends before the first tick */
	for (bool first = true; !p->stopping; first = false) {
		struct timespec until;
		if (p->style != PROGRESS_PLAIN || !first)
			print(p);
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += tick_ms(p) % 1000 * 1000000;
		until.tv_sec += tick_ms(p) / 1000 + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		while (!p->stopping &&
		       pthread_cond_timedwait(&p->wake, &p->lock, &until) != ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int progress_start(enum progress_style style, const struct build_meter *meter,
		   struct progress **progress, struct error *err)
{
	pthread_condattr_t attributes;

	if (style == PROGRESS_NONE) {
		*progress = NULL;
		return 0;
	}
	struct progress *p = calloc(1, sizeof(*p));
	if (!p)
		return error_memory(err);
	p->style = style;
	p->meter = meter;
	(void)clock_gettime(CLOCK_MONOTONIC, &p->started);
	pthread_mutex_init(&p->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&p->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	errno = pthread_create(&p->thread, NULL, run, p);
	if (errno) {
		(void)error_system(err, "starting the progress display");
		free(p);
		return -1;
	}
	*progress = p;
	return 0;
}

void progress_stop(struct progress *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	if (p->style == PROGRESS_JSON) /* the final numbers, however quick it was */
		print(p);
	if (p->style == PROGRESS_BAR)
		(void)fprintf(stderr, "\r\033[K");
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
