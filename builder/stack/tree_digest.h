// SPDX-License-Identifier: Apache-2.0
/* The tree digest: SHA-256 over a canonical listing of a volume's files, by which an image that was
 * decrypted is compared with what it was built from. Ours: docs/format.md, "Tree digest".
 *
 * Names, types, modes, owners, times, links, sizes and xattrs go in as they are, contents by their
 * content checksum (content_checksum.h). It does not depend on the key, or on where blocks lie. It
 * is not what makes an image unforgeable: that is the root hash over the ciphertext together with
 * the LUKS2 digest of the key. */
#pragma once

#include <stdint.h>

#include "builder/stack/tree.h"

enum { TREE_DIGEST_BYTES = 32 };

/* One name, in the order of tree_walk(). */
struct tree_digest_entry {
	const char *path;    /* without a leading slash; "" for the root */
	uint64_t first_name; /* the position (0, 1, ...) in the listing of the first name of the
				same inode */
	uint32_t mode, uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;
	uint64_t size, checksum; /* of a regular file */
	const char *target;      /* of a symbolic link */
	uint32_t major, minor;   /* of a device */
	const struct xattr_set *xattrs;
};

struct tree_digest;

int tree_digest_new(struct tree_digest **digest, struct error *err) MUST_CHECK;
void tree_digest_free(struct tree_digest *digest);
DEFINE_CLEANUP(cleanup_tree_digest_p, struct tree_digest, tree_digest_free)
#define cleanup_tree_digest CLEANUP(cleanup_tree_digest_p)

int tree_digest_add(struct tree_digest *digest, const struct tree_digest_entry *entry,
		    struct error *err) MUST_CHECK;
int tree_digest_finish(struct tree_digest *digest, uint8_t value[TREE_DIGEST_BYTES],
		       struct error *err) MUST_CHECK;

/* Of a tree in memory, whose contents are in place. Overwrites the inodes' numbers. */
int tree_digest_of(const struct tree *tree, uint8_t value[TREE_DIGEST_BYTES], struct error *err)
	MUST_CHECK;
