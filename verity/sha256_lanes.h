// SPDX-License-Identifier: Apache-2.0
/* Private to verity/: the compression function of SHA-256 (FIPS 180-4, section 6.2.2) on several
 * independent messages. Messages and padding are sha256_many.c's business. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_CHUNK_BYTES = 64, SHA256_LANES_MAX = 16, SHA256_STATE_WORDS = 8 };

/* Advances state[i] over `chunks` chunks of 64 bytes that begin at data[i], for i below `lanes`
 * (at least 1, at most what the implementation takes). */
typedef void sha256_compress(uint32_t (*state)[SHA256_STATE_WORDS], const uint8_t *const *data,
			     size_t lanes, size_t chunks);

extern const uint32_t sha256_round_constants[64];

#if defined(__x86_64__)
enum { SHA256_SHA_NI_LANES = 4, SHA256_AVX512_LANES = 16 };

bool sha256_sha_ni_supported(void);
sha256_compress sha256_sha_ni;

bool sha256_avx512_supported(void);
sha256_compress sha256_avx512;
#endif
