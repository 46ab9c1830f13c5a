// SPDX-License-Identifier: Apache-2.0
/* One volume of an image: its data partition (a LUKS2 container, or a bare file system) and its
 * hash partition, made in one pass.
 *
 *     volume_begin     lanes, pipeline and spill file are set up
 *     content_read     content streams through volume_weave()
 *     volume_add_file  the builder's own files follow
 *     volume_finish    file-system metadata, LUKS2 header, then the upper levels of the hash tree
 */
#pragma once

#include "builder/seal/meter.h"
#include "builder/seal/weave.h"
#include "builder/stack/tree_digest.h"
#include "common/output.h"
#include "common/secret.h"
#include "format/format.h"

struct volume_options {
	const char *name;
	const struct secret *key;            /* the volume key; NULL: a signed volume */
	uint8_t inputs[DERIVE_INPUTS_BYTES]; /* digest of what the content comes from, known
						beforehand */
	int64_t timestamp;                   /* of the file system */
	uint64_t limit_bytes;                /* of the file system */
	unsigned threads;
	const struct output *output;
	uint64_t offset_bytes; /* of the data partition in it */
	unsigned lanes;        /* 0..LANES_MAX */
	uint64_t weights[LANES_MAX];
};

struct volume_result {
	uint64_t data_bytes, hash_bytes; /* of the partitions */
	uint64_t fs_blocks, inodes;
	struct descriptor_verity verity;
	uint8_t tree_digest[TREE_DIGEST_BYTES];
};

struct volume;

int volume_begin(const struct volume_options *options, struct volume **volume, struct error *err)
	MUST_CHECK;
void volume_free(struct volume *volume);
DEFINE_CLEANUP(cleanup_volume_p, struct volume, volume_free)
#define cleanup_volume CLEANUP(cleanup_volume_p)

/* Lanes 0..lanes-1 are the caller's to fill and end. */
struct weave *volume_weave(struct volume *volume);

/* Content for `inode`, a regular file of the builder's own, after all lanes ended. */
int volume_add_file(struct volume *volume, struct inode *inode, const void *bytes, size_t size,
		    struct error *err) MUST_CHECK;

/* `tree` is sorted. `unused`: places that hold no file's content; they are overwritten. */
int volume_finish(struct volume *volume, struct tree *tree, const struct data_run *unused,
		  size_t unused_count, struct build_meter *meter, struct volume_result *result,
		  struct error *err) MUST_CHECK;
