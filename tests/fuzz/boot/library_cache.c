// SPDX-License-Identifier: Apache-2.0
/* The dynamic linker's cache, asked for what is in most of them and for what is in none. */
#include <stdlib.h>

#include "builder/boot/library_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "libc.so.6", "libone.so.1", "" };
	struct library_cache cache;
	struct error err;

	if (library_cache_parse(data, size, &cache, &err) < 0)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = library_cache_find(&cache, names[i], ELF_X86_64);
		if (path && path[0] != '/')
			abort();
	}
	return 0;
}
