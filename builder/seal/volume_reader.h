// SPDX-License-Identifier: Apache-2.0
/* The plaintext of one volume of an image, block by block, in userspace: no mount, no
 * device-mapper. */
#pragma once

#include "builder/ext4/ext4.h"
#include "common/secret.h"
#include "verity/image.h"

struct volume_reader;

/* `key` may be NULL for a signed volume. For a sealed one the key is first compared with the LUKS2
 * header's digest: ERROR_MISMATCH is a wrong key, ERROR_INPUT a damaged header, ERROR_USAGE a
 * missing key. `image` must outlive the reader. Blocks are decrypted, not verified:
 * image_verify_volume() does that. */
int volume_reader_open(const struct image *image, const struct descriptor_volume *volume,
		       const struct secret *key, struct volume_reader **reader, struct error *err)
	MUST_CHECK;
void volume_reader_close(struct volume_reader *reader);
DEFINE_CLEANUP(cleanup_volume_reader_p, struct volume_reader, volume_reader_close)
#define cleanup_volume_reader CLEANUP(cleanup_volume_reader_p)

/* For ext4_open(); one thread at a time. */
struct ext4_source volume_reader_source(struct volume_reader *reader);
