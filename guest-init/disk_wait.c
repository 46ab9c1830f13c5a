// SPDX-License-Identifier: Apache-2.0
#include "guest-init/disk_wait.h"

#include <string.h>

#include "guest-init/uevent.h"

int disk_wait(int uevent_fd, struct modules *modules, uint64_t deadline_ms, uint64_t *waited_ms,
	      struct error *err)
{
	uint8_t buffer[UEVENT_MAX_BYTES];
	struct uevent event;

	/* what has arrived by the deadline is still looked at, unless there is no end of it */
	for (uint64_t before; (before = clock_ms()) < deadline_ms + DISK_WAIT_GRACE_MS;) {
		bool any = uevent_next(uevent_fd, deadline_ms, buffer, &event);
		*waited_ms += clock_ms() - before;
		if (!any)
			return 0;
		if (event.modalias[0] != '\0' &&
		    modules_load_alias(modules, event.modalias, err) < 0)
			return -1;
		if (strcmp(event.subsystem, "block") == 0 || event.subsystem[0] == '\0')
			return 1;
	}
	return 0;
}
