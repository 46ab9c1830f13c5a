// SPDX-License-Identifier: Apache-2.0
#include "common/json.h"

#include <stdio.h>

int json_print(const json_t *json, struct error *err)
{
	if (json_dumpf(json, stdout, JSON_INDENT(2)) < 0)
		return error_system(err, "writing");
	putchar('\n');
	return 0;
}
