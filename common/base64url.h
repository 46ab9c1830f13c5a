// SPDX-License-Identifier: Apache-2.0
/* base64url text: RFC 4648 section 5, without padding, as JOSE has it (RFC 7515 section 2). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* The caller frees the text; NULL: no memory. */
char *base64url_encode(const uint8_t *bytes, size_t size);

/* Strict: no padding, no white space, unused bits zero. The caller frees *bytes, and zeroes them
 * where they are secret; other copies of them are zeroed here. */
int base64url_decode(const char *text, uint8_t **bytes, size_t *size, struct error *err) MUST_CHECK;
