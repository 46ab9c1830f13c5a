// SPDX-License-Identifier: Apache-2.0
/* The plaintext of one volume of an image, block by block, in userspace: no mount, no
 * device-mapper. Every block is held against the root hash of the descriptor before it is parsed or
 * decrypted, the LUKS2 header too; whether the descriptor is to be trusted is for the caller to
 * find out (image_check_seal()). */
#pragma once

#include "builder/ext4/ext4.h"
#include "common/secret.h"
#include "verity/image.h"

struct volume_reader;

/* `key` may be NULL for a signed volume. For a sealed one the key is first compared with the LUKS2
 * header's digest: ERROR_MISMATCH is a wrong key or a changed header, ERROR_INPUT a header that
 * podseal did not write, ERROR_USAGE a missing key. `image` must outlive the reader. */
int volume_reader_open(const struct image *image, const struct descriptor_volume *volume,
		       const struct secret *key, struct volume_reader **reader, struct error *err)
	MUST_CHECK;
void volume_reader_close(struct volume_reader *reader);
DEFINE_CLEANUP(cleanup_volume_reader_p, struct volume_reader, volume_reader_close)
#define cleanup_volume_reader CLEANUP(cleanup_volume_reader_p)

/* For ext4_open(); one thread at a time. Its read() fails with ERROR_MISMATCH for a block that does
 * not hold against the root hash. */
struct ext4_source volume_reader_source(struct volume_reader *reader);
