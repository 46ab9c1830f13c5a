// SPDX-License-Identifier: Apache-2.0
/* Ground truth kept beside the repository, read from its root; a test that needs an absent file is
 * skipped, naming it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/error.h"
#include "common/io.h"

#define assert_ok(call)                                      \
	do {                                                 \
		struct error err = { 0 };                    \
		if ((call) < 0)                              \
			fail_msg("%s: %s", #call, err.text); \
	} while (0)

/* The call fails with that kind and a message that has `part` in it. */
#define assert_fails(kind_wanted, part, call)                                               \
	do {                                                                                \
		struct error err = { 0 };                                                   \
		if ((call) == 0)                                                            \
			fail_msg("%s: did not fail", #call);                                \
		if (err.kind != (kind_wanted) || !strstr(err.text, (part)))                 \
			fail_msg("%s: kind %d, \"%s\" has no \"%s\"", #call, (int)err.kind, \
				 err.text, (part));                                         \
	} while (0)

/* The caller frees the bytes, which a NUL follows. */
__attribute__((noinline, unused)) static uint8_t *vector_read(const char *name, size_t *size)
{
	char path[512];
	struct error err;
	uint8_t *bytes = NULL;

	(void)snprintf(path, sizeof(path), "../shared/vectors/%s", name);
	if (file_read(path, 1 << 20, &bytes, size, &err) < 0) {
		print_message("# SKIP %s is absent\n", path);
		skip();
	}
	return bytes;
}
