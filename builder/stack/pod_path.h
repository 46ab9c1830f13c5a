// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

enum { POD_PATH_BYTES = 4096 };

/* `text` without doubled and trailing slashes. False: not absolute, too long, or with a "." or ".."
 * component. */
bool pod_path_clean(const char *text, char path[POD_PATH_BYTES]);
