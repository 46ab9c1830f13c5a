// SPDX-License-Identifier: Apache-2.0
/* libcrypto with no more ciphers than a broker's answers come in. Who fetches one from its default
 * provider has it make all 130 first. */
#pragma once

#include "common/error.h"

/* From now on, and for this thread, libcrypto's only ciphers are AES-256-GCM and AES-256-WRAP: not
 * enough for TLS, nor for its own random numbers (common/secret.h has the kernel's). Once.
 * ERROR_SYSTEM. */
int ciphers_few(struct error *err) MUST_CHECK;
