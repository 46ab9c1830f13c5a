// SPDX-License-Identifier: Apache-2.0
/* Private to broker: AES-256-GCM for what lies in the store. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/secret.h"

enum {
	CIPHER_KEY_BYTES = 32,
	CIPHER_OVERHEAD_BYTES = 28, /* IV of 12 before, tag of 16 after */
};

/* Encrypts under a fresh IV: `out` receives `size` + CIPHER_OVERHEAD_BYTES. `aad` is bound, not
 * stored. */
int cipher_seal(const struct secret *key, const void *aad, size_t aad_size, const uint8_t *plain,
		size_t size, uint8_t *out, struct error *err) MUST_CHECK;

/* The reverse: a secret of `size` - CIPHER_OVERHEAD_BYTES (at least 1). ERROR_MISMATCH: another
 * key, other `aad`, or altered bytes. */
int cipher_open(const struct secret *key, const void *aad, size_t aad_size, const uint8_t *sealed,
		size_t size, struct secret **plain, struct error *err) MUST_CHECK;
