// SPDX-License-Identifier: Apache-2.0
/* The certificates that the initrd brings: /etc/podseal/trust/ for who may sign a descriptor,
 * /etc/podseal/ca/ for who may vouch for the broker. */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "format/signature.h"

enum { CERTIFICATE_FILES_MAX = 64 };

struct certificates {
	struct pem pem[CERTIFICATE_FILES_MAX]; /* owned */
	size_t count;
};

/* Every file of `folder` whose name ends in ".pem"; none where there is no such folder. What they
 * hold is not looked at. */
int certificates_read(const char *folder, struct certificates *certificates, struct error *err)
	MUST_CHECK;
void certificates_clear(struct certificates *certificates);
#define cleanup_certificates CLEANUP(certificates_clear)
