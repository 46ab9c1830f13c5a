// SPDX-License-Identifier: Apache-2.0
#include "builder/cli/epoch.h"

#include <stdlib.h>

#include "common/number.h"

int epoch_read(uint64_t max, bool *present, int64_t *seconds, struct error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (text) {
		if (number_parse(text, 0, max, &value, err) < 0)
			return error_prefix(err, "SOURCE_DATE_EPOCH");
		*seconds = (int64_t)value;
	}
	*present = text != NULL;
	return 0;
}
