// SPDX-License-Identifier: Apache-2.0
/* A layer's compressed bytes, in pieces of any size, to its tar's bytes, in pieces of any size.
 * Pure. For builder/source/, and for builder/boot/, which reads modules and initrds with it.
 *
 * gzip (RFC 1952): any number of members, then nothing or zeros; header flags, CRC and ISIZE are
 * checked. zstd (RFC 8878): any number of frames, skippable ones too; windows of up to 128 MiB. So
 * eStargz, which is many gzip members, and zstd:chunked, which is frames with a table in a
 * skippable one, are read as what they are. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "builder/source/media_type.h"
#include "common/cleanup.h"
#include "common/error.h"

/* What the first bytes (4 are enough) say: LAYER_GZIP, LAYER_ZSTD, else LAYER_TAR. */
enum layer_format inflate_detect(const uint8_t *magic, size_t size);

struct span {
	const uint8_t *bytes;
	size_t size;
};

struct inflater;

/* `format` is LAYER_GZIP or LAYER_ZSTD. */
int inflater_new(enum layer_format format, struct inflater **inflater, struct error *err)
	MUST_CHECK;
void inflater_free(struct inflater *inflater);
DEFINE_CLEANUP(cleanup_inflater_p, struct inflater, inflater_free)
#define cleanup_inflater CLEANUP(cleanup_inflater_p)

/* Takes from the front of *in and writes up to `capacity` bytes to `out`; *produced says how many.
 * Fewer than `capacity` means that all of *in was taken. ERROR_INPUT for damaged data. */
int inflater_step(struct inflater *inflater, struct span *in, uint8_t *out, size_t capacity,
		  size_t *produced, struct error *err) MUST_CHECK;

/* The input is over, and the last step filled less than its capacity: was it whole? */
int inflater_end(const struct inflater *inflater, struct error *err) MUST_CHECK;
