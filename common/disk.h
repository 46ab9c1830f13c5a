// SPDX-License-Identifier: Apache-2.0
/* Integers as they lie on a disk: structs of bytes, alignment 1, that cannot be used as numbers
 * by mistake; and the assertions that pin a struct's layout to its specification. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct {
	uint8_t b[2];
} le16;
typedef struct {
	uint8_t b[4];
} le32;
typedef struct {
	uint8_t b[8];
} le64;
typedef struct {
	uint8_t b[2];
} be16;
typedef struct {
	uint8_t b[4];
} be32;
typedef struct {
	uint8_t b[8];
} be64;

#define DISK_AT(type, field, at) \
	_Static_assert(offsetof(type, field) == (at), #type "." #field " is not at " #at)
#define DISK_SIZE(type, size) \
	_Static_assert(sizeof(type) == (size), #type " is not " #size " bytes")

static inline uint16_t le16_get(le16 v)
{
	return (uint16_t)(v.b[0] | v.b[1] << 8);
}

static inline uint32_t le32_get(le32 v)
{
	return (uint32_t)v.b[0] | (uint32_t)v.b[1] << 8 | (uint32_t)v.b[2] << 16 |
	       (uint32_t)v.b[3] << 24;
}

static inline uint64_t le64_get(le64 v)
{
	uint64_t n = 0;
	for (int i = 7; i >= 0; i--)
		n = n << 8 | v.b[i];
	return n;
}

static inline le16 le16_put(uint16_t n)
{
	return (le16){ { (uint8_t)n, (uint8_t)(n >> 8) } };
}

static inline le32 le32_put(uint32_t n)
{
	return (le32){ { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24) } };
}

static inline le64 le64_put(uint64_t n)
{
	return (le64){ { (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24),
			 (uint8_t)(n >> 32), (uint8_t)(n >> 40), (uint8_t)(n >> 48),
			 (uint8_t)(n >> 56) } };
}

static inline uint16_t be16_get(be16 v)
{
	return (uint16_t)(v.b[0] << 8 | v.b[1]);
}

static inline uint32_t be32_get(be32 v)
{
	return (uint32_t)v.b[0] << 24 | (uint32_t)v.b[1] << 16 | (uint32_t)v.b[2] << 8 |
	       (uint32_t)v.b[3];
}

static inline uint64_t be64_get(be64 v)
{
	uint64_t n = 0;
	for (int i = 0; i < 8; i++)
		n = n << 8 | v.b[i];
	return n;
}

static inline be16 be16_put(uint16_t n)
{
	return (be16){ { (uint8_t)(n >> 8), (uint8_t)n } };
}

static inline be32 be32_put(uint32_t n)
{
	return (be32){ { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

static inline be64 be64_put(uint64_t n)
{
	return (be64){ { (uint8_t)(n >> 56), (uint8_t)(n >> 48), (uint8_t)(n >> 40),
			 (uint8_t)(n >> 32), (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			 (uint8_t)(n >> 8), (uint8_t)n } };
}
