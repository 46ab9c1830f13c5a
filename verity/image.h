// SPDX-License-Identifier: Apache-2.0
/* A sealed image in a file or on a block device: its partition table, seal partition and
 * descriptor, read and parsed, and its volumes checked. No key is needed for any of it. */
#pragma once

#include "common/cleanup.h"
#include "format/format.h"
#include "verity/reader.h"

struct image {
	int fd;
	uint64_t size_bytes;
	struct gpt gpt;
	uint8_t *seal_partition;
	struct seal seal; /* points into seal_partition */
	uint8_t seal_digest[SEAL_DIGEST_BYTES];
	struct descriptor descriptor;
};

/* Opens `path` for reading. ERROR_INPUT, naming the path: not a sealed image, or a damaged one.
 * Whether its descriptor is to be trusted is for the caller to find out (signature_verify(), or a
 * known seal digest). */
int image_open(const char *path, struct image **image, struct error *err) MUST_CHECK;
void image_close(struct image *image);
DEFINE_CLEANUP(cleanup_image_p, struct image, image_close)
#define cleanup_image CLEANUP(cleanup_image_p)

/* 0 if the image has the seal digest `text` ("sha256:<hex>"), which then pins all of it: every
 * volume's root hash is in the descriptor. ERROR_MISMATCH if it has another; ERROR_USAGE if `text`
 * is no seal digest. Messages do not name the image. */
int image_check_seal(const struct image *image, const char *text, struct error *err) MUST_CHECK;

/* The two partitions of a volume. ERROR_INPUT: one is missing, or smaller than the descriptor
 * wants. */
struct image_volume {
	const struct gpt_partition *data, *hash;
};
int image_find_volume(const struct image *image, const struct descriptor_volume *volume,
		      struct image_volume *found, struct error *err) MUST_CHECK;

/* A reader that holds the blocks of a volume's data partition against the descriptor's root hash.
 * `image` must outlive it. */
int image_volume_reader(const struct image *image, const struct descriptor_volume *volume,
			struct verity_reader **reader, struct error *err) MUST_CHECK;

/* 0 only if the partition table is the one podseal writes for this descriptor, its backup copy and
 * all: the volumes' partitions and the seal in their order and places, of their types, with the
 * UUIDs that follow from the seal digest, and zeros in all that belongs to none of them. What the
 * volumes' partitions are called and hold is for image_verify_volume(). ERROR_MISMATCH says what
 * else there is. */
int image_verify_table(const struct image *image, struct error *err) MUST_CHECK;

/* 0 only if the partitions' UUIDs and sizes and the superblock's block are what the descriptor
 * says, and every block holds against its root hash. ERROR_MISMATCH says what does not. */
int image_verify_volume(const struct image *image, const struct descriptor_volume *volume,
			const struct verity_effort *effort, struct error *err) MUST_CHECK;
