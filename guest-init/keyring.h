// SPDX-License-Identifier: Apache-2.0
/* Handing a key to dm-crypt through the kernel's keyrings (keyrings(7)): as a `logon` key, which
 * nobody can read back, and only for as long as a table is being loaded. */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

struct keyring_key {
	int32_t serial; /* 0: none */
};

/* Puts the `size` bytes into the keyring of this process, under `description`
 * ("podseal:root"). */
int keyring_add(const char *description, const uint8_t *key, size_t size,
		struct keyring_key *result, struct error *err) MUST_CHECK;

/* Takes it out again; the kernel forgets it at once. dm-crypt has its own copy by then. */
void keyring_remove(struct keyring_key *key);
#define cleanup_keyring_key CLEANUP(keyring_remove)
