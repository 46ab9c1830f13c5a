// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

/* Texts in order. Owned by whatever holds the list. */
struct text_list {
	size_t count;
	const char **items;
};
