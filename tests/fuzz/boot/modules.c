// SPDX-License-Identifier: Apache-2.0
/* depmod's lists: modules.dep, and the same bytes as modules.builtin and as modules.alias. What is
 * accepted names nothing outside of its folder. */
#include <stdlib.h>
#include <string.h>

#include "builder/boot/modules_alias.h"
#include "builder/boot/modules_dep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
	if (path[0] == '/' || path[0] == '\0' || strncmp(path, "../", 3) == 0 ||
	    strstr(path, "/../") || strcmp(path, "..") == 0)
		abort();
}

static bool every_other(void *context, const char *name, size_t length)
{
	size_t *asked = context;

	/* each byte of the name is there */
	for (size_t i = 0; i < length; i++)
		*asked += name[i] != '\n';
	return length % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_modules_dep struct modules_dep dep = { 0 };
	char *kept = NULL;
	struct error err;
	size_t kept_size, asked = 0;

	if (modules_dep_parse(data, size, &dep, &err) == 0) {
		for (size_t i = 0; i < dep.count; i++) {
			check_path(dep.entries[i].path);
			for (size_t k = 0; k < dep.entries[i].depends_count; k++)
				check_path(dep.entries[i].depends[k]);
		}
		(void)modules_dep_find(&dep, "dm_crypt");
	}
	(void)modules_builtin_has(data, size, "dm_crypt");
	FILE *out = open_memstream(&kept, &kept_size);
	if (!out)
		return 0;
	modules_alias_select(data, size, every_other, &asked, out);
	(void)fclose(out);
	free(kept);
	return 0;
}
