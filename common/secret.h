// SPDX-License-Identifier: Apache-2.0
/* Memory for keys: locked (never swapped), left out of core dumps and of forked children, zeroed on
 * release. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

struct secret {
	size_t size;
	uint8_t *bytes; /* whole pages of their own */
};

/* `size` zero bytes, 1 to 1 MiB. Where the limit on locked memory is too low this is ERROR_SYSTEM,
 * not a shrug. */
int secret_new(size_t size, struct secret **secret, struct error *err) MUST_CHECK;
void secret_free(struct secret *secret);
DEFINE_CLEANUP(cleanup_secret_p, struct secret, secret_free)
#define cleanup_secret CLEANUP(cleanup_secret_p)

/* A fresh secret from the kernel's random generator. */
int secret_random(size_t size, struct secret **secret, struct error *err) MUST_CHECK;

/* A key file of exactly `size` bytes. Refused (ERROR_INPUT, with the chmod to run) where its group
 * or others may read it. */
int secret_read_file(const char *path, size_t size, struct secret **secret, struct error *err)
	MUST_CHECK;

/* The same for 1 to `limit` bytes: a private key in PEM. */
int secret_read_file_upto(const char *path, size_t limit, struct secret **secret, struct error *err)
	MUST_CHECK;

/* HKDF-SHA-256 (RFC 5869) with an empty salt and `info` as the label: `size` bytes from `key`. */
int secret_derive(const uint8_t *key, size_t key_size, const char *info, uint8_t *out, size_t size,
		  struct error *err) MUST_CHECK;

/* No core file of this process, nor of those it starts: one would hold what is in memory besides
 * secrets, such as a library's copy of a key, or plaintext. For the first line of main(). */
void secret_forbid_core_dumps(void);

/* In time that depends on `size` alone. */
bool secret_equal(const void *a, const void *b, size_t size);
