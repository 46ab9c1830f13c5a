// SPDX-License-Identifier: Apache-2.0
/* From partitions of a disk to file systems that can be mounted: dm-linear, dm-verity and, for a
 * sealed volume, dm-crypt. */
#pragma once

#include "common/secret.h"
#include "guest-init/disks.h"
#include "guest-init/mapper.h"
#include "verity/image.h"

/* dm-verity over the data partition of this volume of the image, which is on `disk`; and one read
 * through it, so that a root hash or tree that does not fit shows here. ERROR_MISMATCH: that read
 * failed. */
int volume_open_verity(const struct image *image, const struct descriptor_volume *volume,
		       const struct disk *disk, struct mapped *verity, struct error *err)
	MUST_CHECK;

/* Whether `key` opens the LUKS2 header in the first blocks of the verity device. ERROR_MISMATCH: it
 * is not the key of this volume; ERROR_INPUT: the header, though verified, is not one of podseal's
 * (the image was not made by it), or the key is not DESCRIPTOR_KEY_BYTES long. */
int volume_check_key(const struct mapped *verity, const struct secret *key, struct error *err)
	MUST_CHECK;

/* dm-crypt over the verity device. The key is in the kernel's keyring only meanwhile. */
int volume_open_crypt(const struct descriptor_volume *volume, const struct mapped *verity,
		      const struct secret *key, struct mapped *crypt, struct error *err) MUST_CHECK;
