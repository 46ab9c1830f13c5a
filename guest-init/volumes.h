// SPDX-License-Identifier: Apache-2.0
/* From partitions of a disk to file systems that can be mounted: dm-linear, dm-verity and, for a
 * sealed volume, dm-crypt. */
#pragma once

#include "common/secret.h"
#include "guest-init/disks.h"
#include "guest-init/mapper.h"
#include "verity/image.h"

/* dm-verity over the data partition of this volume of the image, which is on `disk`; and one read
 * through it (of a sealed volume its LUKS2 header), so that a root hash or tree that does not fit
 * shows here. ERROR_MISMATCH: that read failed. */
int volume_open_verity(const struct image *image, const struct descriptor_volume *volume,
		       const struct disk *disk, struct mapped *verity, struct error *err)
	MUST_CHECK;

/* dm-crypt over the verity device, and one read through it. The key is in the kernel's keyring only
 * meanwhile. ERROR_MISMATCH: it is not the key of this volume; ERROR_INPUT: it is not
 * DESCRIPTOR_KEY_BYTES long. */
int volume_open_crypt(const struct descriptor_volume *volume, const struct mapped *verity,
		      const struct secret *key, struct mapped *crypt, struct error *err) MUST_CHECK;
