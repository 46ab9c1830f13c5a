// SPDX-License-Identifier: Apache-2.0
/* Shows how far a build is, on standard error: a bar on a terminal, a line now and then in a log,
 * JSON lines for a program. A thread of its own looks at the build's meter; the build never waits
 * for it. */
#pragma once

#include "builder/seal/meter.h"
#include "common/cleanup.h"
#include "common/error.h"

enum progress_style { PROGRESS_NONE, PROGRESS_BAR, PROGRESS_PLAIN, PROGRESS_JSON };

/* "auto" (a bar if standard error is a terminal, else plain), "plain", "json", "none". */
int progress_style_parse(const char *text, enum progress_style *style, struct error *err)
	MUST_CHECK;

struct progress;

int progress_start(enum progress_style style, const struct build_meter *meter,
		   struct progress **progress, struct error *err) MUST_CHECK;

/* Clears the bar, stops the thread. */
void progress_stop(struct progress *progress);
DEFINE_CLEANUP(cleanup_progress_p, struct progress, progress_stop)
#define cleanup_progress CLEANUP(cleanup_progress_p)
