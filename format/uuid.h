// SPDX-License-Identifier: Apache-2.0
/* UUIDs in the order of their text (RFC 9562, section 4: most significant byte first). Only GPT
 * stores them otherwise, and only gpt.c knows. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

enum { UUID_TEXT_BYTES = 37 }; /* with the NUL */

struct uuid {
	uint8_t bytes[16];
};

/* "11223344-5566-7788-99aa-bbccddeeff00", lower case. */
void uuid_to_text(const struct uuid *uuid, char text[UUID_TEXT_BYTES]);

/* Exactly that form, lower case. ERROR_INPUT for anything else. */
int uuid_from_text(const char *text, struct uuid *uuid, struct error *err) MUST_CHECK;

bool uuid_equal(const struct uuid *a, const struct uuid *b);

/* Partition UUIDs of a volume: the first 128 bits of its root hash name the data partition, the
 * last 128 bits the hash partition (Discoverable Partitions Specification, "Verity"). */
void uuid_from_root_hash(const uint8_t root_hash[32], struct uuid *data, struct uuid *hash);
