// SPDX-License-Identifier: Apache-2.0
/* Numbers in text, strictly: digits only, no sign, no space, nothing after. */
#pragma once

#include <stdint.h>

#include "common/error.h"

/* Decimal in `min`..`max`. ERROR_USAGE names the value and the range. */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct error *err)
	MUST_CHECK;

/* Bytes with an optional suffix K, M, G or T (powers of 1024), at most 2^63 - 1. */
int size_parse(const char *text, uint64_t *bytes, struct error *err) MUST_CHECK;

/* Up to 16 hexadecimal digits of either case, with "0x" before them or not. ERROR_USAGE names the
 * value. */
int hex_number_parse(const char *text, uint64_t *value, struct error *err) MUST_CHECK;
