// SPDX-License-Identifier: Apache-2.0
/* A container's bundle, a folder that kata-agent names and that is made ready for it. */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/error.h"

enum { BUNDLE_ID_BYTES = 128 }; /* with the NUL; container IDs have 64 characters */

/* The container ID at the end of a bundle's path: exactly "/run/kata-containers/ID", and ID as
 * kata-agent takes them: a letter or digit, then at least one more of those or of "_.-".
 * ERROR_INPUT: anything else. Pure. */
int bundle_path_parse(const char *path, char id[BUNDLE_ID_BYTES], struct error *err) MUST_CHECK;

struct bundle {
	int fd, rootfs_fd; /* the folder; its folder "rootfs", or what is mounted there */
	bool mounted;      /* something is */
};

/* Opens them below `base`, makes those that are missing, and follows no symbolic link anywhere. */
int bundle_open(const char *base, const char *id, struct bundle *bundle, struct error *err)
	MUST_CHECK;
void bundle_close(struct bundle *bundle);
#define cleanup_bundle CLEANUP(bundle_close)

/* Whether something is mounted at ID/rootfs below `base`; false where there is no such folder. */
bool bundle_in_use(const char *base, const char *id);

/* Puts a copy of the file `from` (at most 4 MiB) there as config.json, in place of any other. */
int bundle_put_config(const struct bundle *bundle, const char *from, struct error *err) MUST_CHECK;
