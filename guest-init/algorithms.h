// SPDX-License-Identifier: Apache-2.0
/* libcrypto reduced to the ciphers that a broker's answers come in. Who fetches one cipher from its
 * default provider has it make all 130 first. */
#pragma once

#include "common/error.h"

/* From now on, and for this thread, libcrypto knows AES-256-GCM and AES-256-WRAP, and nothing else
 * by name. Signatures and TLS need all of it. Once. ERROR_SYSTEM. */
int algorithms_few(struct error *err) MUST_CHECK;
