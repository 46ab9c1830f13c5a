// SPDX-License-Identifier: Apache-2.0
/* libcrypto reduced to the algorithms that keys from a broker take. Who fetches one algorithm from
 * its default provider has it make some thirty digests or 130 ciphers first, which at a start is
 * most of what libcrypto costs. */
#pragma once

#include "common/error.h"

/* From now on, and for this thread, libcrypto knows SHA-2 of 256, 384 and 512 bits, AES-256-GCM
 * and AES-256-WRAP, and nothing else by name. Signatures and TLS need all of it. Once.
 * ERROR_SYSTEM. */
int algorithms_few(struct error *err) MUST_CHECK;
