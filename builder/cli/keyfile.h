// SPDX-License-Identifier: Apache-2.0
/* Volume keys in files: 64 bytes, mode 0600. */
#pragma once

#include "common/output.h"
#include "common/secret.h"

/* A fresh key that can be written to `path` later. ERROR_INPUT if that exists: what it sealed would
 * be lost. */
int keyfile_new(const char *path, struct secret **key, struct error *err) MUST_CHECK;

/* Writes the key, for the caller to commit. */
int keyfile_write(const char *path, const struct secret *key, struct output **out,
		  struct error *err) MUST_CHECK;

/* Reads one. */
int keyfile_read(const char *path, struct secret **key, struct error *err) MUST_CHECK;
