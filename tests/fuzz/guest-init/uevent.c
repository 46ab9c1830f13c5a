// SPDX-License-Identifier: Apache-2.0
/* A message from the kernel's uevent socket. */
#include <string.h>

#include "guest-init/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct uevent event;
	struct error err;

	if (uevent_parse(data, size, &event, &err) == 0)
		return strlen(event.action) + strlen(event.subsystem) + strlen(event.modalias) >
				       3 * (size_t)UEVENT_MAX_BYTES
			       ? -1
			       : 0;
	return 0;
}
