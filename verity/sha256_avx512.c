// SPDX-License-Identifier: Apache-2.0
/* SHA-256 of sixteen messages, one in each 32-bit lane of the AVX-512 registers. The rounds are
 * those of FIPS 180-4, section 6.2.2; VPROLD and VPTERNLOGD make each of its functions two to four
 * instructions, and the schedule and state of all sixteen stay in the 32 registers. */
#include "verity/sha256_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

/* Not instrumented: where AddressSanitizer looks for uses after return, gcc before 13.3 puts locals
 * of 64 bytes' alignment at multiples of 32 (https://gcc.gnu.org/PR110027). */
#define TARGET __attribute__((target("avx512f,avx512bw"), no_sanitize("address")))
#define INLINE TARGET __attribute__((always_inline)) static inline

bool sha256_avx512_supported(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

/* At -O2 gcc keeps these short loops, and the registers they go over in memory: a tenth slower. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Truth tables for VPTERNLOGD: bit 4a + 2b + c of the constant is f(a, b, c). */
enum { TERN_XOR = 0x96, TERN_CHOOSE = 0xca, TERN_MAJORITY = 0xe8 };

#define ADD(a, b)     _mm512_add_epi32(a, b)
#define XOR3(a, b, c) _mm512_ternarylogic_epi32(a, b, c, TERN_XOR)
#define BIG_SIGMA0(x) XOR3(_mm512_ror_epi32(x, 2), _mm512_ror_epi32(x, 13), _mm512_ror_epi32(x, 22))
#define BIG_SIGMA1(x) XOR3(_mm512_ror_epi32(x, 6), _mm512_ror_epi32(x, 11), _mm512_ror_epi32(x, 25))
#define SMALL_SIGMA0(x) \
	XOR3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18), _mm512_srli_epi32(x, 3))
#define SMALL_SIGMA1(x) \
	XOR3(_mm512_ror_epi32(x, 17), _mm512_ror_epi32(x, 19), _mm512_srli_epi32(x, 10))
#define CHOOSE(e, f, g)   _mm512_ternarylogic_epi32(e, f, g, TERN_CHOOSE)
#define MAJORITY(a, b, c) _mm512_ternarylogic_epi32(a, b, c, TERN_MAJORITY)

/* Rows become columns: word j of r[i] goes to word i of r[j]. Four steps of two-by-two exchanges at
 * distance 1, 2, 4 and 8. */
INLINE void transpose(__m512i r[16])
{
	__m512i t[16];

	UNROLL
	for (int i = 0; i < 16; i += 2) {
		t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
		t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
	}
	UNROLL
	for (int i = 0; i < 16; i += 4) {
		r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
		r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
		r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
		r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
	}
	/* now r[4i + j] holds word 4k + j of rows 4i..4i + 3 in its 128-bit part k */
	UNROLL
	for (int j = 0; j < 4; j++) {
		t[j] = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x88);
		t[4 + j] = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xdd);
		t[8 + j] = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x88);
		t[12 + j] = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xdd);
	}
	UNROLL
	for (int j = 0; j < 4; j++) {
		r[j] = _mm512_shuffle_i32x4(t[j], t[8 + j], 0x88);
		r[8 + j] = _mm512_shuffle_i32x4(t[j], t[8 + j], 0xdd);
		r[4 + j] = _mm512_shuffle_i32x4(t[4 + j], t[12 + j], 0x88);
		r[12 + j] = _mm512_shuffle_i32x4(t[4 + j], t[12 + j], 0xdd);
	}
}

INLINE void load_chunks(__m512i w[16], const uint8_t *const *p, size_t at)
{
	const __m512i big_endian =
		_mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));

	UNROLL
	for (int i = 0; i < 16; i++)
		w[i] = _mm512_loadu_si512(p[i] + at);
	transpose(w);
	UNROLL
	for (int i = 0; i < 16; i++)
		w[i] = _mm512_shuffle_epi8(w[i], big_endian);
}

/* One round; the roles of the eight state registers move instead of their contents. */
#define ROUND(a, b, c, d, e, f, g, h, t)                                                           \
	do {                                                                                       \
		if ((t) >= 16)                                                                     \
			w[(t)&15] = ADD(ADD(w[(t)&15], SMALL_SIGMA0(w[((t) + 1) & 15])),           \
					ADD(w[((t) + 9) & 15], SMALL_SIGMA1(w[((t) + 14) & 15]))); \
		__m512i t1_ = ADD(                                                                 \
			ADD(ADD(h, w[(t)&15]), _mm512_set1_epi32((int)sha256_round_constants[t])), \
			ADD(BIG_SIGMA1(e), CHOOSE(e, f, g)));                                      \
		d = ADD(d, t1_);                                                                   \
		h = ADD(t1_, ADD(BIG_SIGMA0(a), MAJORITY(a, b, c)));                               \
	} while (0)

#define ROUNDS8(t)                                                            \
	do {                                                                  \
		ROUND(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], t);     \
		ROUND(s[7], s[0], s[1], s[2], s[3], s[4], s[5], s[6], t + 1); \
		ROUND(s[6], s[7], s[0], s[1], s[2], s[3], s[4], s[5], t + 2); \
		ROUND(s[5], s[6], s[7], s[0], s[1], s[2], s[3], s[4], t + 3); \
		ROUND(s[4], s[5], s[6], s[7], s[0], s[1], s[2], s[3], t + 4); \
		ROUND(s[3], s[4], s[5], s[6], s[7], s[0], s[1], s[2], t + 5); \
		ROUND(s[2], s[3], s[4], s[5], s[6], s[7], s[0], s[1], t + 6); \
		ROUND(s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[0], t + 7); \
	} while (0)

TARGET static void compress16(__m512i s[8], const uint8_t *const *p, size_t chunks)
{
	for (size_t n = 0; n < chunks; n++) {
		__m512i w[16], before[8];

		load_chunks(w, p, n * SHA256_CHUNK_BYTES);
		UNROLL
		for (int i = 0; i < 8; i++)
			before[i] = s[i];
		ROUNDS8(0);
		ROUNDS8(8);
		ROUNDS8(16);
		ROUNDS8(24);
		ROUNDS8(32);
		ROUNDS8(40);
		ROUNDS8(48);
		ROUNDS8(56);
		UNROLL
		for (int i = 0; i < 8; i++)
			s[i] = ADD(s[i], before[i]);
	}
}

TARGET void sha256_avx512(uint32_t (*state)[SHA256_STATE_WORDS], const uint8_t *const *data,
			  size_t lanes, size_t chunks)
{
	uint32_t columns[SHA256_STATE_WORDS][SHA256_AVX512_LANES];
	const uint8_t *p[SHA256_AVX512_LANES];
	__m512i s[SHA256_STATE_WORDS];

	/* lanes without a message repeat the first one's, and nobody reads their state */
	for (size_t i = 0; i < SHA256_AVX512_LANES; i++) {
		size_t from = i < lanes ? i : 0;
		p[i] = data[from];
		for (size_t j = 0; j < SHA256_STATE_WORDS; j++)
			columns[j][i] = state[from][j];
	}
	for (size_t j = 0; j < SHA256_STATE_WORDS; j++)
		s[j] = _mm512_loadu_si512(columns[j]);
	compress16(s, p, chunks);
	for (size_t j = 0; j < SHA256_STATE_WORDS; j++)
		_mm512_storeu_si512(columns[j], s[j]);
	for (size_t i = 0; i < lanes; i++)
		for (size_t j = 0; j < SHA256_STATE_WORDS; j++)
			state[i][j] = columns[j][i];
}
#endif
