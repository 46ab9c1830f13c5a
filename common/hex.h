// SPDX-License-Identifier: Apache-2.0
/* Hexadecimal and base64 text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Lower-case digits of `size` bytes and a NUL into `text`, which holds 2 * size + 1 characters. */
void hex_encode(const uint8_t *bytes, size_t size, char *text);

/* Exactly `size` bytes from 2 * size digits of either case, nothing before or after them.
 * ERROR_INPUT if `text` is anything else. */
int hex_decode(const char *text, uint8_t *bytes, size_t size, struct error *err) MUST_CHECK;

/* Up to `capacity` bytes from an even number of digits (none: 0 bytes). `size` receives how many.
 */
int hex_decode_any(const char *text, uint8_t *bytes, size_t capacity, size_t *size,
		   struct error *err) MUST_CHECK;

/* Standard alphabet with padding (RFC 4648 section 4) of `size` bytes. The caller frees the text;
 * NULL: no memory. */
char *base64_encode(const uint8_t *bytes, size_t size);

/* Strict RFC 4648 section 4: padding required, no white space, unused bits zero (section 3.5), so
 * each string of bytes has one form. The caller frees *bytes. */
int base64_decode(const char *text, uint8_t **bytes, size_t *size, struct error *err) MUST_CHECK;
