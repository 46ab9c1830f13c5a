// SPDX-License-Identifier: Apache-2.0
/* OUT.img.record.json: what an image was built from, for its owner. Private: it names what is
 * inside. The members are in docs/format.md, "Record". */
#pragma once

#include "builder/seal/build.h"

enum { RECORD_MAX_BYTES = 16 << 20 };

/* The record's text, members sorted, indented. The caller frees *text. */
int record_make(const struct build_options *options, const struct build_result *result, char **text,
		size_t *size, struct error *err) MUST_CHECK;

/* What `podseal check` compares with. */
struct record_volume {
	char name[DESCRIPTOR_NAME_BYTES];
	uint8_t tree_digest[32];
};

struct record {
	uint8_t seal_digest[SEAL_DIGEST_BYTES];
	size_t volume_count;
	struct record_volume volumes[DESCRIPTOR_MAX_VOLUMES];
};

int record_parse(const uint8_t *bytes, size_t size, struct record *record, struct error *err)
	MUST_CHECK;
