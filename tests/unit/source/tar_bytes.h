// SPDX-License-Identifier: Apache-2.0
/* Tar archives made by hand, so that each defect and each way can be had alone. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tar_bytes {
	uint8_t bytes[1 << 20];
	size_t size;
	size_t header; /* of the member added last */
};

static inline void tar_raw(struct tar_bytes *t, const void *bytes, size_t size)
{
	if (t->size + size > sizeof(t->bytes))
		abort();
	memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

static inline void tar_zeros(struct tar_bytes *t, size_t size)
{
	if (t->size + size > sizeof(t->bytes))
		abort();
	memset(t->bytes + t->size, 0, size);
	t->size += size;
}

static inline void tar_pad(struct tar_bytes *t)
{
	tar_zeros(t, (512 - t->size % 512) % 512);
}

/* Sets the checksum of the last header again, after a test changed it. */
static inline void tar_seal(struct tar_bytes *t)
{
	uint8_t *h = t->bytes + t->header;
	unsigned sum = 0;

	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += h[i];
	(void)snprintf((char *)h + 148, 8, "%06o", sum);
}

/* A ustar header: name (up to 100 bytes), type, size, link. Mode 0644, all else 0. */
static inline uint8_t *tar_header(struct tar_bytes *t, const char *name, char type, uint64_t size,
				  const char *link)
{
	tar_pad(t);
	t->header = t->size;
	tar_zeros(t, 512);
	char *h = (char *)t->bytes + t->header;
	memcpy(h, name, strnlen(name, 100));
	memcpy(h + 100, "0000644", 8);
	memcpy(h + 108, "0000000", 8);
	memcpy(h + 116, "0000000", 8);
	(void)snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
	memcpy(h + 136, "00000000000", 12);
	h[156] = type;
	memcpy(h + 157, link, strnlen(link, 100));
	memcpy(h + 257, "ustar", 6);
	memcpy(h + 263, "00", 2);
	tar_seal(t);
	return (uint8_t *)h;
}

/* A member with its content. */
static inline void tar_member(struct tar_bytes *t, const char *name, char type, const char *content)
{
	tar_header(t, name, type, strlen(content), "");
	tar_raw(t, content, strlen(content));
	tar_pad(t);
}

/* A pax header of one record: its length counts its own digits (POSIX, pax, "pax Extended Header").
 */
static inline size_t pax_record(char *out, size_t capacity, const char *key, const void *value,
				size_t value_size)
{
	size_t body = strlen(key) + value_size + 3, total = body + 1;
	char digits[24];

	while ((size_t)snprintf(digits, sizeof(digits), "%zu", total) + body > total)
		total++;
	int n = snprintf(out, capacity, "%zu %s=", total, key);
	if ((size_t)n + value_size + 1 > capacity)
		abort();
	memcpy(out + n, value, value_size);
	out[(size_t)n + value_size] = '\n';
	return total;
}

/* Records as "key=value" texts up to NULL, for the member that follows. */
static inline void tar_pax(struct tar_bytes *t, char type, const char *const *records)
{
	static char body[1 << 18];
	size_t used = 0;

	for (; *records; records++) {
		const char *equals = strchr(*records, '=');
		char key[128];
		(void)snprintf(key, sizeof(key), "%.*s", (int)(equals - *records), *records);
		used += pax_record(body + used, sizeof(body) - used, key, equals + 1,
				   strlen(equals + 1));
	}
	tar_header(t, "pax", type, used, "");
	tar_raw(t, body, used);
	tar_pad(t);
}

#define TAR_PAX(t, ...) tar_pax(t, 'x', (const char *const[]){ __VA_ARGS__, NULL })

static inline void tar_end(struct tar_bytes *t)
{
	tar_pad(t);
	tar_zeros(t, 1024);
}
