// SPDX-License-Identifier: Apache-2.0
/* SHA-256 by the x86 SHA extensions (Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2).
 *
 * SHA256RNDS2 gives its result later than another can start, so independent messages fill each
 * other's gaps. Four of them, 4096-byte blocks, against OpenSSL's one: 3.4 to 1.7 GB/s on AMD Zen,
 * 1.65 to 1.4 on Sapphire Rapids. */
#include "verity/sha256_lanes.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#define TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE TARGET __attribute__((always_inline)) static inline

bool sha256_sha_ni_supported(void)
{
	unsigned a, b, c, d;

	return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

struct lane {
	__m128i abef, cdgh; /* the state as SHA256RNDS2 wants it */
	__m128i w[4];       /* the last sixteen words of the message schedule */
};

INLINE void lane_load(struct lane *l, const uint32_t *state)
{
	__m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)state);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
	__m128i cdab = _mm_shuffle_epi32(abcd, 0xb1);

	efgh = _mm_shuffle_epi32(efgh, 0x1b);
	l->abef = _mm_alignr_epi8(cdab, efgh, 8);
	l->cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

INLINE void lane_store(const struct lane *l, uint32_t *state)
{
	__m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Rounds 4g to 4g + 3. */
INLINE void lane_rounds(struct lane *l, int g, const uint8_t *chunk)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i k = _mm_loadu_si128((const __m128i *)(const void *)&sha256_round_constants[4 * g]);
	__m128i *w = &l->w[g & 3];

	if (g < 4) {
		*w = _mm_shuffle_epi8(
			_mm_loadu_si128((const __m128i *)(const void *)(chunk + 16 * g)),
			big_endian);
	} else {
		__m128i w1 = l->w[(g + 1) & 3], w2 = l->w[(g + 2) & 3], w3 = l->w[(g + 3) & 3];
		__m128i sum =
			_mm_add_epi32(_mm_sha256msg1_epu32(*w, w1), _mm_alignr_epi8(w3, w2, 4));
		*w = _mm_sha256msg2_epu32(sum, w3);
	}
	__m128i wk = _mm_add_epi32(*w, k);
	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, wk);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/* `lanes` and `g` are constants in every use, so that all of it unrolls and the states live in
 * registers. */
#define ROUNDS(g)                                    \
	do {                                         \
		for (size_t i = 0; i < lanes; i++)   \
			lane_rounds(&l[i], g, p[i]); \
	} while (0)

INLINE void compress(uint32_t (*state)[SHA256_STATE_WORDS], const uint8_t *const *data,
		     const size_t lanes, size_t chunks)
{
	struct lane l[SHA256_SHA_NI_LANES];
	const uint8_t *p[SHA256_SHA_NI_LANES];

	for (size_t i = 0; i < lanes; i++) {
		lane_load(&l[i], state[i]);
		p[i] = data[i];
	}
	while (chunks--) {
		__m128i abef[SHA256_SHA_NI_LANES], cdgh[SHA256_SHA_NI_LANES];
		for (size_t i = 0; i < lanes; i++) {
			abef[i] = l[i].abef;
			cdgh[i] = l[i].cdgh;
		}
		ROUNDS(0);
		ROUNDS(1);
		ROUNDS(2);
		ROUNDS(3);
		ROUNDS(4);
		ROUNDS(5);
		ROUNDS(6);
		ROUNDS(7);
		ROUNDS(8);
		ROUNDS(9);
		ROUNDS(10);
		ROUNDS(11);
		ROUNDS(12);
		ROUNDS(13);
		ROUNDS(14);
		ROUNDS(15);
		for (size_t i = 0; i < lanes; i++) {
			l[i].abef = _mm_add_epi32(l[i].abef, abef[i]);
			l[i].cdgh = _mm_add_epi32(l[i].cdgh, cdgh[i]);
			p[i] += SHA256_CHUNK_BYTES;
		}
	}
	for (size_t i = 0; i < lanes; i++)
		lane_store(&l[i], state[i]);
}

TARGET void sha256_sha_ni(uint32_t (*state)[SHA256_STATE_WORDS], const uint8_t *const *data,
			  size_t lanes, size_t chunks)
{
	switch (lanes) {
	case 1:
		compress(state, data, 1, chunks);
		break;
	case 2:
		compress(state, data, 2, chunks);
		break;
	case 3:
		compress(state, data, 3, chunks);
		break;
	default:
		compress(state, data, 4, chunks);
		break;
	}
}
#endif
