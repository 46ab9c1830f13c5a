// SPDX-License-Identifier: Apache-2.0
/* What the tests of guest-init/ share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/error.h"

#define LENGTH_OF(row) (sizeof(row) / sizeof((row)[0]))

static inline void assert_done(int result, const struct error *err)
{
	if (result != 0)
		fail_msg("%s", err->text);
}

/* `result` is -1 with this kind, and the message has `text` in it. `row` names the case. */
static inline void assert_refused(const char *row, int result, const struct error *err,
				  enum error_kind kind, const char *text)
{
	if (result != -1)
		fail_msg("%s: accepted", row);
	if (err->kind != kind || !strstr(err->text, text))
		fail_msg("%s: kind %d, \"%s\"; wanted kind %d, \"%s\"", row, (int)err->kind,
			 err->text, (int)kind, text);
}
