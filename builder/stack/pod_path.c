// SPDX-License-Identifier: Apache-2.0
#include "builder/stack/pod_path.h"

#include <string.h>

static bool is_dots(const char *name, size_t size)
{
	return (size == 1 && name[0] == '.') || (size == 2 && name[0] == '.' && name[1] == '.');
}

bool pod_path_clean(const char *text, char path[POD_PATH_BYTES])
{
	char clean[POD_PATH_BYTES];
	size_t used = 0;

	if (text[0] != '/' || strlen(text) >= sizeof(clean))
		return false;
	while (*(text += strspn(text, "/"))) {
		size_t size = strcspn(text, "/");
		if (is_dots(text, size))
			return false;
		clean[used++] = '/';
		memcpy(clean + used, text, size);
		used += size;
		text += size;
	}
	if (used == 0)
		clean[used++] = '/';
	clean[used] = '\0';
	memcpy(path, clean, used + 1);
	return true;
}
