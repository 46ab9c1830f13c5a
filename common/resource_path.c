// SPDX-License-Identifier: Apache-2.0
#include "common/resource_path.h"

#include <string.h>

bool resource_path_valid(const char *path)
{
	static const char inside[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"_.-";

	if (strlen(path) >= RESOURCE_PATH_BYTES)
		return false;
	for (int segment = 0; segment < 3; segment++) {
		size_t length = strspn(path, inside);
		if (length == 0 || path[0] == '.')
			return false;
		path += length;
		if (*path != (segment < 2 ? '/' : '\0'))
			return false;
		path++;
	}
	return true;
}
