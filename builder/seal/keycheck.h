// SPDX-License-Identifier: Apache-2.0
/* A second opinion on the LUKS2 header that we wrote ourselves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/secret.h"

/* libcryptsetup loads the `size` header bytes as LUKS2 and finds that `key` is its volume key. In
 * memory, without device-mapper or locks. ERROR_SYSTEM if it does not: the build must not finish
 * then. */
int keycheck_header(const uint8_t *header, size_t size, const struct secret *key, struct error *err)
	MUST_CHECK;
