// SPDX-License-Identifier: Apache-2.0
/* inflate.h for one format. Private to it. */
#pragma once

#include "builder/source/inflate.h"

struct unzstd;

int unzstd_new(struct unzstd **unzstd, struct error *err) MUST_CHECK;
void unzstd_free(struct unzstd *unzstd);
int unzstd_step(struct unzstd *unzstd, struct span *in, uint8_t *out, size_t capacity,
		size_t *produced, struct error *err) MUST_CHECK;
int unzstd_end(const struct unzstd *unzstd, struct error *err) MUST_CHECK;
