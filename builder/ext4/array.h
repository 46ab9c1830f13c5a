// SPDX-License-Identifier: Apache-2.0
/* Arrays that grow. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#include "common/error.h"

/* `array`, allocated and of *capacity items, made to hold `needed` (at least 1). NULL, and `array`
 * untouched, without memory. */
static inline void *array_reserve(void *array, size_t *capacity, size_t needed, size_t item_bytes,
				  struct error *err)
{
	if (needed <= *capacity)
		return array;
	size_t wanted = needed < 64 ? 64 : needed + needed / 2;
	void *grown = reallocarray(array, wanted, item_bytes);
	if (grown)
		*capacity = wanted;
	else
		error_memory(err);
	return grown;
}
