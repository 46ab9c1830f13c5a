// SPDX-License-Identifier: Apache-2.0
/* The programs that are for guests: podseal-init, podseal-laboratory. */
#pragma once

#include "common/error.h"

/* Its path, beside a podseal in a build folder or as `make install` puts it. The caller frees
 * *path. ERROR_INPUT: in neither place. */
int guest_program_find(const char *name, char **path, struct error *err) MUST_CHECK;
