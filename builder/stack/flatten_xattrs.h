// SPDX-License-Identifier: Apache-2.0
/* Private to flatten: sets of extended attributes, checked, and each kept once however many files
 * have it. */
#pragma once

#include "builder/source/source.h"
#include "builder/stack/flatten_paths.h"

struct xattr_sets {
	const struct xattr_set **slots; /* open addressing; NULL: free */
	size_t count, capacity;         /* a power of two */
};

void xattr_sets_release(struct xattr_sets *sets);

/* The set an entry's attributes make; *set is NULL where none is left. Memory, hash and text limit
 * are those of `paths`. Left out is what describes another machine's file system and what Linux has
 * no place for, as extractors do: trusted.overlay.*, system.nfs4_acl, com.apple.*. ERROR_INPUT
 * names an attribute of another unknown namespace, a name twice, or a set that exceeds the
 * file system block that ext4 keeps it in. */
int xattr_sets_get(struct xattr_sets *sets, struct paths *paths, const struct layer_xattr *xattrs,
		   size_t count, const struct xattr_set **set, struct error *err) MUST_CHECK;
