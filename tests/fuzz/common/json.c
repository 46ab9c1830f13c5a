// SPDX-License-Identifier: Apache-2.0
/* The canonical form of a value is read as that value, and is its own canonical form. */
#include <assert.h>
#include <string.h>

#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	cleanup_json json_t *value = NULL, *again = NULL;
	cleanup_free char *text = NULL, *same = NULL;
	size_t n = 0;

	if (json_parse(data, size, 1 << 16, &value, &err) < 0 ||
	    json_canonical(value, &text, &n, &err) < 0)
		return 0;
	int result = json_parse((const uint8_t *)text, n, n, &again, &err);
	assert(result == 0 && json_equal(value, again));
	result = json_canonical(again, &same, &n, &err);
	assert(result == 0 && strcmp(text, same) == 0);
	return 0;
}
