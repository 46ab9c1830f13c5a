// SPDX-License-Identifier: Apache-2.0
/* A sealed image in a file or on a block device: its partition table, seal partition and
 * descriptor, read and parsed, and its volumes checked. No key is needed for any of it. */
#pragma once

#include "common/cleanup.h"
#include "format/format.h"
#include "verity/verity.h"

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

/* The two partitions of a volume. ERROR_INPUT: one is missing, or smaller than the descriptor
 * wants. */
struct image_volume {
	const struct gpt_partition *data, *hash;
};
int image_find_volume(const struct image *image, const struct descriptor_volume *volume,
		      struct image_volume *found, struct error *err) MUST_CHECK;

/* 0 only if the partition table is the one podseal writes for these partitions, its backup copy and
 * all, and holds nothing beside the seal and the volumes of the descriptor. ERROR_MISMATCH says
 * what else there is. */
int image_verify_table(const struct image *image, struct error *err) MUST_CHECK;

/* 0 only if the partitions' UUIDs and the superblock are what the descriptor says, and every block
 * holds against its root hash. ERROR_MISMATCH says what does not. */
int image_verify_volume(const struct image *image, const struct descriptor_volume *volume,
			const struct verity_effort *effort, struct error *err) MUST_CHECK;
