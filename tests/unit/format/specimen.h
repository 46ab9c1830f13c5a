// SPDX-License-Identifier: Apache-2.0
/* One small image in all its parts, for the tests of format/: a signed volume `root` and a sealed
 * volume `pod`. tests/unit/format/golden/ holds its bytes, which the scripts of tests/interop/ give
 * to other people's tools. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "format/format.h"

#define GOLDEN(name)   "tests/unit/format/golden/" name
#define LENGTH_OF(row) (sizeof(row) / sizeof((row)[0]))

enum { SPECIMEN_LIMIT_BYTES = 1 << 20 };

static inline void count_up(uint8_t *bytes, size_t size, uint8_t from)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(from + i);
}

/* 00 01 02 .. 3f */
static inline void specimen_key(uint8_t key[LUKS2_KEY_BYTES])
{
	count_up(key, LUKS2_KEY_BYTES, 0);
}

static inline struct descriptor specimen_descriptor(void)
{
	struct descriptor d = {
		.arch = DESCRIPTOR_X86_64,
		.init = "/sbin/init",
		.count = 2,
		.volumes = {
			{ .name = "root", .mount = "/", .verity.data_blocks = 1000 },
			{
				.name = "pod",
				.mount = "/usr/lib/podseal",
				.verity.data_blocks = 5000,
				.sealed = true,
				.crypt = {
					.offset_bytes = LUKS2_PAYLOAD_OFFSET_BYTES,
					.key_id = "podseal/key/0123456789abcdef",
				},
			},
		},
	};

	for (size_t i = 0; i < d.count; i++) {
		struct descriptor_volume *volume = &d.volumes[i];
		count_up(volume->verity.salt, sizeof(volume->verity.salt),
			 (uint8_t)(0x20 + 64 * i));
		count_up(volume->verity.root_hash, sizeof(volume->verity.root_hash),
			 (uint8_t)(0x80 + 64 * i));
		uuid_from_root_hash(volume->verity.root_hash, &volume->data_uuid,
				    &volume->hash_uuid);
	}
	return d;
}

/* The caller frees the bytes. */
static inline uint8_t *golden(const char *path, size_t *size)
{
	struct error err;
	uint8_t *bytes;

	if (file_read(path, SPECIMEN_LIMIT_BYTES, &bytes, size, &err) < 0)
		fail_msg("%s", err.text);
	return bytes;
}

/* Equal to the golden file, or say where not. */
static inline void assert_golden(const char *path, const void *bytes, size_t size)
{
	size_t wanted_size;
	cleanup_free uint8_t *wanted = golden(path, &wanted_size);

	for (size_t i = 0; i < size && i < wanted_size; i++)
		if (((const uint8_t *)bytes)[i] != wanted[i])
			fail_msg("%s: byte %zu is %02x, not %02x", path, i,
				 ((const uint8_t *)bytes)[i], wanted[i]);
	assert_int_equal(size, wanted_size);
}

/* `result` is -1 with this kind, and the message has `text` in it. `row` names the case. */
static inline void assert_refused(const char *row, int result, const struct error *err,
				  enum error_kind kind, const char *text)
{
	if (result != -1)
		fail_msg("%s: accepted", row);
	if (err->kind != kind || !strstr(err->text, text))
		fail_msg("%s: kind %d, \"%s\"; wanted kind %d, \"%s\"", row, (int)err->kind,
			 err->text, (int)kind, text);
}

static inline void assert_done(int result, const struct error *err)
{
	if (result != 0)
		fail_msg("%s", err->text);
}
