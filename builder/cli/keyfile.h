// SPDX-License-Identifier: Apache-2.0
/* Volume keys in files: 64 bytes, mode 0600. */
#pragma once

#include "common/output.h"
#include "common/secret.h"

/* A fresh key, written but not committed. ERROR_INPUT if `path` exists: what it seals would be
 * lost. */
int keyfile_create(const char *path, struct secret **key, struct output **out, struct error *err)
	MUST_CHECK;

/* Reads one. */
int keyfile_read(const char *path, struct secret **key, struct error *err) MUST_CHECK;
