// SPDX-License-Identifier: Apache-2.0
/* Files that may be compressed: kernel modules (gzip, xz, zstd) and initrds (gzip, zstd). Pure.
 * Private to builder/boot/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* The bytes inside, at most `limit`, or a copy of what has none of these formats' magic. Data after
 * gzip or zstd is ERROR_INPUT, unless it is zeros; what follows an xz stream is not looked at. The
 * caller frees *plain. */
int decompress(const uint8_t *bytes, size_t size, size_t limit, uint8_t **plain, size_t *plain_size,
	       struct error *err) MUST_CHECK;

/* The magic of xz is there. */
bool decompress_is_xz(const uint8_t *bytes, size_t size);
