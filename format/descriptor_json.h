// SPDX-License-Identifier: Apache-2.0
/* Private to the descriptor's parser and encoder. */
#pragma once

#include <stddef.h>

#include "format/descriptor.h"

/* The canonical text of any struct, in range or not. The caller frees *text. */
int descriptor_canonical(const struct descriptor *descriptor, char **text, size_t *size,
			 struct error *err) MUST_CHECK;
