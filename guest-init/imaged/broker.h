// SPDX-License-Identifier: Apache-2.0
/* The key broker, for --resources: the same that gave podseal-init its keys, by the same kernel
 * command line. A session begins with a report of this guest, so a secret costs one; nothing of it
 * is kept. */
#pragma once

#include "common/secret.h"

/* Certificates for a broker with https: the image's, since the initrd's are gone. */
#define BROKER_CERTIFICATES "/etc/podseal/ca"

/* ERROR_INPUT: the kernel command line names no broker. */
int broker_check(struct error *err) MUST_CHECK;

/* The secret at `path`, of *size bytes (*secret may hold more). Waits for the broker, up to
 * KBS_CLIENT_TIMEOUT_MS. ERROR_MISMATCH: it refuses. */
int broker_fetch(const char *path, struct secret **secret, size_t *size, struct error *err)
	MUST_CHECK;
