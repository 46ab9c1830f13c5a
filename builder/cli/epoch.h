// SPDX-License-Identifier: Apache-2.0
/* SOURCE_DATE_EPOCH, https://reproducible-builds.org/specs/source-date-epoch/ */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

/* `*present` says whether the variable is set, and only then *seconds is. ERROR_USAGE for a value
 * that is no number from 0 to `max`. */
int epoch_read(uint64_t max, bool *present, int64_t *seconds, struct error *err) MUST_CHECK;
