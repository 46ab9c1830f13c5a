// SPDX-License-Identifier: Apache-2.0
/* The secret that SEV and SEV-ES guests get at launch, before they run: the firmware keeps it in a
 * table, Linux shows it as a file (Documentation/security/secrets/coco.rst). */
#pragma once

#include "common/secret.h"

/* The GUID under which QEMU's sev-inject-launch-secret and OVMF keep the key of a disk. */
#define EFI_SECRET_DISK_KEY "736869e5-84f0-4973-92ec-06879ce3da0b"

/* The `size` bytes of the disk's key from `folder` ("/sys/kernel/security/secrets/coco"). The file
 * is unlinked, upon which the kernel overwrites the table's entry. ERROR_INPUT: there is none, or
 * it has another size. */
int efi_secret_take(const char *folder, size_t size, struct secret **secret, struct error *err)
	MUST_CHECK;
