// SPDX-License-Identifier: Apache-2.0
/* modules.dep, a zero byte, modules.alias; and the order for each module. */
#include <string.h>

#include "guest-init/module_index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_module_index struct module_index *index = NULL;
	const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
	size_t dep_size = zero ? (size_t)(zero - data) : size;
	const uint8_t *alias = zero ? zero + 1 : data;
	struct module *order[MODULE_NEEDS_MAX];
	struct error err;
	size_t count;

	if (module_index_parse(data, dep_size, alias, zero ? size - dep_size - 1 : 0, &index,
			       &err) < 0)
		return 0;
	for (size_t i = 0; i < index->count; i++)
		(void)!module_index_order(index, &index->modules[i], order, &count, &err);
	return 0;
}
