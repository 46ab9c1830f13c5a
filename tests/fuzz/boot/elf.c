// SPDX-License-Identifier: Apache-2.0
/* A program or library: what is accepted points into the file only. */
#include <stdlib.h>
#include <string.h>

#include "builder/boot/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const uint8_t *data, size_t size, const char *text)
{
	const uint8_t *at = (const uint8_t *)text;

	if (text && (at < data || at >= data + size || at + strlen(text) >= data + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_needs needs;
	struct error err;

	if (elf_parse(data, size, &needs, &err) < 0)
		return 0;
	inside(data, size, needs.interpreter);
	inside(data, size, needs.rpath);
	inside(data, size, needs.runpath);
	for (size_t i = 0; i < needs.needed_count; i++)
		inside(data, size, needs.needed[i]);
	return 0;
}
