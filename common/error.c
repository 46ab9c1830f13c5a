// SPDX-License-Identifier: Apache-2.0
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void set(struct error *err, enum error_kind kind, const char *format, va_list args)
	PRINTF_LIKE(3, 0);

static void set(struct error *err, enum error_kind kind, const char *format, va_list args)
{
	char text[ERROR_TEXT_BYTES]; /* apart, since an argument may point into err->text */

	(void)vsnprintf(text, sizeof(text), format, args);
	err->kind = kind;
	memcpy(err->text, text, sizeof(text));
}

static void append(struct error *err, const char *more)
{
	size_t used = strnlen(err->text, sizeof(err->text) - 1);

	(void)snprintf(err->text + used, sizeof(err->text) - used, ": %s", more);
}

#define DEFINE_SETTER(name, kind_value)                      \
	int name(struct error *err, const char *format, ...) \
	{                                                    \
		va_list args;                                \
		va_start(args, format);                      \
		set(err, kind_value, format, args);          \
		va_end(args);                                \
		return -1;                                   \
	}

DEFINE_SETTER(error_mismatch, ERROR_MISMATCH)
DEFINE_SETTER(error_usage, ERROR_USAGE)
DEFINE_SETTER(error_input, ERROR_INPUT)
DEFINE_SETTER(error_system_text, ERROR_SYSTEM)

int error_system(struct error *err, const char *format, ...)
{
	int number = errno;
	va_list args;

	va_start(args, format);
	set(err, ERROR_SYSTEM, format, args);
	va_end(args);
	append(err, strerror(number));
	return -1;
}

int error_memory(struct error *err)
{
	return error_system_text(err, "out of memory");
}

int error_prefix(struct error *err, const char *format, ...)
{
	char old[ERROR_TEXT_BYTES];
	va_list args;

	memcpy(old, err->text, sizeof(old));
	va_start(args, format);
	set(err, err->kind, format, args);
	va_end(args);
	append(err, old);
	return -1;
}

void text_escape(const char *text, char *out, size_t out_size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p >= 0x20 && *p != 0x7f) {
			if (used + 1 >= out_size)
				break;
			out[used++] = (char)*p;
		} else {
			if (used + 4 >= out_size)
				break;
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = digits[*p >> 4];
			out[used++] = digits[*p & 15];
		}
	}
	if (out_size)
		out[used] = '\0';
}

int error_report(const char *program, const struct error *err)
{
	char text[4 * ERROR_TEXT_BYTES];
	char line[sizeof(text) + 64];

	text_escape(err->text, text, sizeof(text));
	int n = snprintf(line, sizeof(line), "%s: %s\n", program, text);
	if (n > 0)
		(void)!write(STDERR_FILENO, line,
			     (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
	return (int)err->kind;
}
