// SPDX-License-Identifier: Apache-2.0
/* SHA-2 (FIPS 180-4) of what is in memory, by libcrypto's functions for it alone: the first hash
 * by EVP starts all of libcrypto, which takes a guest as long as finding its image and trusting it
 * does. None of these can fail. What comes in pieces is hashed by EVP. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA2_256_BYTES = 32, SHA2_384_BYTES = 48, SHA2_512_BYTES = 64 };

void sha2_256(const void *bytes, size_t size, uint8_t digest[SHA2_256_BYTES]);
void sha2_384(const void *bytes, size_t size, uint8_t digest[SHA2_384_BYTES]);
void sha2_512(const void *bytes, size_t size, uint8_t digest[SHA2_512_BYTES]);
