// SPDX-License-Identifier: Apache-2.0
/* Arithmetic on sizes that may come from a hostile input: false when the result does not fit, and
 * then *result is untouched. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

__attribute__((warn_unused_result)) static inline bool add_u64(uint64_t a, uint64_t b,
							       uint64_t *result)
{
	uint64_t r;
	if (__builtin_add_overflow(a, b, &r))
		return false;
	*result = r;
	return true;
}

__attribute__((warn_unused_result)) static inline bool mul_u64(uint64_t a, uint64_t b,
							       uint64_t *result)
{
	uint64_t r;
	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*result = r;
	return true;
}

/* Smallest multiple of `step` (not 0) that is at least `a`. */
__attribute__((warn_unused_result)) static inline bool round_up_u64(uint64_t a, uint64_t step,
								    uint64_t *result)
{
	uint64_t r = a % step;
	return add_u64(a, r ? step - r : 0, result);
}

static inline uint64_t div_up_u64(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}
