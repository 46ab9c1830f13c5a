// SPDX-License-Identifier: Apache-2.0
/* Mounting: the kernel's file systems, the volumes, and the way over to them.
 *
 *     /volumes/NAME           a volume, read-only
 *     /run/podseal/scratch    what takes writes; in it NAME/upper and NAME/work for each volume
 *     /sysroot                the future root: the first volume, or an overlay above it, and in it
 *                             the other volumes at their mount points
 *
 * The initrd's own file system is emptied at the end; /run goes over into the new root, and what
 * takes writes with it. */
#pragma once

#include <stdbool.h>

#include "common/error.h"
#include "format/descriptor.h"

#define MOUNTS_SYSROOT "/sysroot"
#define MOUNTS_PODSEAL "/run/podseal"
#define MOUNTS_SCRATCH "/run/podseal/scratch"

/* /dev, /proc, /sys and /run. */
int mounts_kernel(struct error *err) MUST_CHECK;

/* One more of the kernel's, where the kernel has it ("configfs", "securityfs"). */
void mounts_optional(const char *type, const char *path);

/* A volume's file system on `device`, read-only, at its mount point in /sysroot; under an overlay
 * with what is in MOUNTS_SCRATCH where that is `writable`. Volumes but the first are mounted
 * without device nodes. ERROR_MISMATCH: the file system is damaged or not there. */
int mounts_volume(const struct descriptor_volume *volume, const char *device, bool writable,
		  struct error *err) MUST_CHECK;

/* Moves the kernel's file systems into /sysroot, empties the initrd and makes /sysroot the root.
 * After it nothing of the initrd is left but this process. ERROR_INPUT: the image has no folder
 * for one of them, and /sysroot takes no writes, or has something else there. */
int mounts_switch_root(struct error *err) MUST_CHECK;
