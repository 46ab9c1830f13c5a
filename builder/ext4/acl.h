// SPDX-License-Identifier: Apache-2.0
/* POSIX ACLs: getxattr(2) shows them in one form, version 2 with an ID in every entry, and ext4
 * keeps them in a shorter one, version 1 (kernel, fs/ext4/acl.h and
 * include/uapi/linux/posix_acl_xattr.h). libext2fs converts as well, but its way back from the disk
 * trusts the lengths it finds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

bool acl_is_name(const char *name);

/* The disk form, which is never longer than the other: `disk` holds `size` bytes. ERROR_INPUT if
 * `value` is no ACL. */
int acl_to_disk(const uint8_t *value, size_t size, uint8_t *disk, size_t *disk_size,
		struct error *err) MUST_CHECK;

/* And back, at most twice as long: `value` holds 2 * `disk_size` bytes. */
int acl_from_disk(const uint8_t *disk, size_t disk_size, uint8_t *value, size_t *size,
		  struct error *err) MUST_CHECK;
