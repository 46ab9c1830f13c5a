// SPDX-License-Identifier: Apache-2.0
/* modules.alias: which module drives which device. Pure. Private to builder/boot/.
 *
 * Lines "alias PATTERN MODULE", as depmod(8) writes them; others are comments. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Writes to `out` the lines of modules.alias whose module `wanted` says yes to, each as it is. The
 * name given to `wanted` is `length` bytes and not terminated. */
void modules_alias_select(const uint8_t *bytes, size_t size,
			  bool (*wanted)(void *context, const char *name, size_t length),
			  void *context, FILE *out);
