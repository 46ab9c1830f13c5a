// SPDX-License-Identifier: Apache-2.0
/* A key broker's resource path, "<repository>/<type>/<tag>": where a secret is found, written the
 * same way in descriptors, on command lines and in requests. */
#pragma once

#include <stdbool.h>

enum { RESOURCE_PATH_BYTES = 256 }; /* the longest, with its NUL */

/* Exactly three segments of [A-Za-z0-9_-][A-Za-z0-9_.-]*, as Trustee's resource plugin takes them.
 */
bool resource_path_valid(const char *path);
