// SPDX-License-Identifier: Apache-2.0
/* Apart from error.c, so that a program without cryptography is linked without libcrypto. */
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

int error_crypto(struct error *err, const char *format, ...)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	char text[ERROR_TEXT_BYTES]; /* apart, since an argument may point into err->text */
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ERR_clear_error();
	return error_system_text(err, "%s: %s", text,
				 reason ? reason : "the cryptographic library gave no reason");
}
