// SPDX-License-Identifier: Apache-2.0
/* What --listen takes. */
#include <string.h>

#include "broker/listen.h"
#include "common/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = strndup((const char *)data, size);
	struct listen_address address;
	struct error err;

	(void)!listen_address_parse(text, &address, &err);
	return 0;
}
