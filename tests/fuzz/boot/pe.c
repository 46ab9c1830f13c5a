// SPDX-License-Identifier: Apache-2.0
/* A PE file as the stub and as the kernel of a UKI: what comes of it is a PE file again, with the
 * stub's sections and ours. */
#include <stdlib.h>
#include <string.h>

#include "builder/boot/pe.h"
#include "builder/boot/uki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct uki_options options = {
		.stub = { data, size },
		.kernel = { data, size },
		.initrd = { data, size / 2 },
		.os_release = { (const uint8_t *)"ID=x\n", 5 },
		.cmdline = "a b",
	};
	struct pe pe, again;
	struct error err;
	uint8_t *uki;
	size_t uki_size;

	if (pe_parse(data, size, &pe, &err) < 0 || uki_build(&options, &uki, &uki_size, &err) < 0)
		return 0;
	if (pe_parse(uki, uki_size, &again, &err) < 0 || again.section_count < pe.section_count + 3)
		abort();
	for (size_t i = 0; i < pe.section_count; i++) {
		const struct pe_section *s = &pe.sections[i];
		if (memcmp(s, &again.sections[i], sizeof(*s)) != 0 ||
		    (s->raw_bytes &&
		     memcmp(data + s->raw_offset, uki + s->raw_offset, s->raw_bytes) != 0))
			abort();
	}
	free(uki);
	return 0;
}
