// SPDX-License-Identifier: Apache-2.0
/* /etc/ld.so.cache: where ldconfig found which library. Pure. Private to builder/boot/.
 *
 * Spec: glibc, sysdeps/generic/dl-cache.h, struct cache_file_new ("glibc-ld.so.cache" version 1.1,
 * what ldconfig writes since glibc 2.32); offsets of strings count from its first byte. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "builder/boot/elf.h"
#include "common/error.h"

struct library_cache {
	const uint8_t *bytes; /* borrowed */
	size_t size;
	uint32_t count;
};

/* ERROR_INPUT for another format. An empty file is a cache of nothing. */
int library_cache_parse(const uint8_t *bytes, size_t size, struct library_cache *cache,
			struct error *err) MUST_CHECK;

/* The path of `name` for `machine`, for any processor of that kind (no glibc-hwcaps variant), or
 * NULL. It lies in the cache's bytes. */
const char *library_cache_find(const struct library_cache *cache, const char *name,
			       enum elf_machine machine);
