// SPDX-License-Identifier: Apache-2.0
/* Another's initrd: decompressed, then listed to its end. */
#include <stdlib.h>
#include <string.h>

#include "builder/boot/initrd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int visit(void *context, const struct initrd_file *file, struct error *err)
{
	size_t *total = context;

	(void)err;
	*total += strlen(file->path);
	if (file->link_target)
		*total += strlen(file->link_target);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	size_t total = 0;

	(void)initrd_list(data, size, visit, &total, &err);
	return 0;
}
