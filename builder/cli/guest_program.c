// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/guest_program.h"

#include <string.h>

#include "common/cleanup.h"

int guest_program_find(const char *name, char **path, struct error *err)
{
	static const char *const places[] = { ".", "../lib/podseal" };
	cleanup_free char *self = realpath("/proc/self/exe", NULL);

	if (!self)
		return error_system(err, "finding %s: /proc/self/exe", name);
	*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		cleanup_free char *candidate = NULL;
		if (asprintf(&candidate, "%s/%s/%s", self, places[i], name) < 0) {
			candidate = NULL;
			return error_memory(err);
		}
		if (access(candidate, R_OK) == 0) {
			*path = take_ptr(candidate);
			return 0;
		}
	}
	return error_input(err, "%s is neither in %s nor in ../lib/podseal", name, self);
}
