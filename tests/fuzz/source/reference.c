// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "builder/source/platform.h"
#include "builder/source/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_reference struct reference reference = { 0 };
	cleanup_free char *text = strndup((const char *)data, size);
	struct platform platform;
	struct error err;

	if (reference_parse(text, &reference, &err) == 0 && reference.name)
		(void)reference_same_image(reference.name, text);
	if (platform_parse(text, &platform, &err) == 0)
		(void)platform_rank(&platform, text, text);
	return 0;
}
