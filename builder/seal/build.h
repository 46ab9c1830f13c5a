// SPDX-License-Identifier: Apache-2.0
/* From opened images to one sealed disk image.
 *
 * Nothing here reads options, the environment or the clock: the same `struct build_options` over
 * the same images gives the same bytes, whatever `threads` is. */
#pragma once

#include "builder/kata/kata.h"
#include "builder/seal/meter.h"
#include "builder/source/source.h"
#include "builder/stack/pod.h"
#include "common/output.h"
#include "common/secret.h"
#include "format/format.h"

enum build_encryption {
	ENCRYPT_ALL,  /* one sealed volume, root */
	ENCRYPT_POD,  /* root signed, pod sealed */
	ENCRYPT_NONE, /* one signed volume, root */
};

struct build_options {
	const struct source_image *base;
	const struct pod *pod;
	const struct source_image *const *pod_images; /* of pod->containers, in their order */
	enum build_encryption encryption;
	const struct secret *key; /* of the sealed volume; NULL with ENCRYPT_NONE */
	const char *key_id;       /* resource path; NULL: derived from the key */
	enum descriptor_arch arch;
	const char *init;   /* of the base, absolute */
	bool has_timestamp; /* SOURCE_DATE_EPOCH is set; else the newest image's creation time
			       counts */
	int64_t timestamp;
	uint64_t size_limit_bytes; /* of each file system */
	uint64_t files_limit;      /* entries of each image */
	unsigned threads;
	struct pem sign_key, sign_certificate; /* bytes NULL: no signature */
	const struct kata_options *kata;       /* NULL: not for Kata */
};

struct build_volume {
	char name[DESCRIPTOR_NAME_BYTES];
	bool sealed;
	uint64_t data_bytes, fs_blocks, inodes;
	uint8_t root_hash[32], tree_digest[32];
};

struct build_result {
	uint8_t seal_digest[SEAL_DIGEST_BYTES];
	uint8_t *descriptor; /* freed by build_result_release() */
	size_t descriptor_size;
	char key_id[RESOURCE_PATH_BYTES]; /* "" with ENCRYPT_NONE */
	int64_t timestamp;                /* that dates the builder's own files */
	uint64_t image_bytes;
	size_t volume_count;
	struct build_volume volumes[2];
};

/* Writes the whole image into `output`, which the caller commits. */
int build_image(const struct build_options *options, const struct output *output,
		struct build_meter *meter, struct build_result *result, struct error *err)
	MUST_CHECK;
void build_result_release(struct build_result *result);
