// SPDX-License-Identifier: Apache-2.0
/* A kernel command line. */
#include "guest-init/cmdline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmdline cmdline;
	struct error err;

	(void)!cmdline_parse(data, size, &cmdline, &err);
	return 0;
}
