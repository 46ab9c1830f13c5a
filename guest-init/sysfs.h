// SPDX-License-Identifier: Apache-2.0
/* Attributes of /sys: short, and often simply not there. */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The text of the attribute `path` below `at`, without the newline at its end; false, with an empty
 * `text`, where there is none, or it does not fit or has a zero byte in it. */
bool sysfs_read(int at, const char *path, char *text, size_t text_bytes);

/* The same for a decimal number. */
bool sysfs_read_u64(int at, const char *path, uint64_t *value);

/* A folder to read, NULL where there is none. */
DIR *sysfs_opendir(int at, const char *path);
void sysfs_closedir(DIR **folder);
