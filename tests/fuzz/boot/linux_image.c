// SPDX-License-Identifier: Apache-2.0
/* A kernel image's own release. */
#include <stdlib.h>
#include <string.h>

#include "builder/boot/linux_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char release[LINUX_RELEASE_BYTES];
	struct error err;

	if (linux_image_release(data, size, release, &err) < 0)
		return 0;
	for (const char *p = release; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			abort();
	return 0;
}
