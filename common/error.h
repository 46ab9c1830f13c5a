// SPDX-License-Identifier: Apache-2.0
/* Errors are values: what went wrong, in one line, and the exit code it leads to.
 *
 * A function that can fail takes `struct error *err` last, returns 0 or -1, and leaves its outputs
 * untouched on -1. The lowest level says why, each level above adds only what it alone knows:
 *
 *     return error_input(err, "salt is %u bytes, at most 256", n);      the parser: why
 *     return error_prefix(err, "%s", path);                             the edge: which input
 *     return error_prefix(err, "verifying volume %s", name);            the caller: doing what
 *
 * Making an error needs no memory. Only main() prints one, and only main() exits. A secret never
 * goes into a message. */
#pragma once

#include <stddef.h>

/* The value is the program's exit code. */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_MISMATCH = 1, /* the thing checked does not hold */
	ERROR_USAGE = 2,    /* the command line is wrong */
	ERROR_INPUT = 3,    /* an input is malformed, too large, missing a part */
	ERROR_SYSTEM = 4,   /* the system failed us: no space, no memory, no permission */
};

enum { ERROR_TEXT_BYTES = 1024 };

struct error {
	enum error_kind kind;
	char text[ERROR_TEXT_BYTES]; /* NUL-terminated, cut if longer */
};

#define MUST_CHECK               __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* Each sets *err and returns -1, so that `return error_input(err, ...)` reads as what it does. */
int error_mismatch(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
int error_usage(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
int error_input(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Appends ": " and strerror(errno), with errno as it is at the call. */
int error_system(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same without errno, for libraries that fail in words of their own. */
int error_system_text(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
int error_memory(struct error *err);
/* ERROR_SYSTEM with the newest message of OpenSSL's error queue, which is emptied. */
int error_crypto(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "<text>: " before what *err already says. Kind unchanged. Returns -1. */
int error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Prints "<program>: <text>\n" on standard error in one write. Control bytes, which may come from a
 * hostile input's names, appear as \xNN, so the message is one line whatever it quotes.
 * Returns the exit code. */
int error_report(const char *program, const struct error *err);

/* Writes `text` to `out` (NUL-terminated, cut to `out_size`) with control bytes and DEL as \xNN. */
void text_escape(const char *text, char *out, size_t out_size);
