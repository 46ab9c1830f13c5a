// SPDX-License-Identifier: Apache-2.0
/* inflate.h for one format. Private to it. */
#pragma once

#include "builder/source/inflate.h"

struct gunzip;

int gunzip_new(struct gunzip **gunzip, struct error *err) MUST_CHECK;
void gunzip_free(struct gunzip *gunzip);
int gunzip_step(struct gunzip *gunzip, struct span *in, uint8_t *out, size_t capacity,
		size_t *produced, struct error *err) MUST_CHECK;
int gunzip_end(const struct gunzip *gunzip, struct error *err) MUST_CHECK;
