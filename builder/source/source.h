// SPDX-License-Identifier: Apache-2.0
/* Where images come from: oci:, oci-archive:, docker-archive: and rootfs: references, opened and
 * read.
 *
 * This part finds an image's manifest, config and layers, and streams a layer's entries out of its
 * compressed archive, checking every digest and size on the way. It never interprets whiteouts,
 * never merges layers, and writes nothing. The stack calls it. Every byte it reads is hostile. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/error.h"

enum { DIGEST_TEXT_BYTES = 72 }; /* "sha256:", 64 digits, NUL */

struct source_layer {
	char digest[DIGEST_TEXT_BYTES]; /* of the blob, as the manifest has it; "" where it has none
					 */
	char diff_id[DIGEST_TEXT_BYTES]; /* of the uncompressed tar; "" where it has none (rootfs)
					  */
	uint64_t size_bytes; /* of the blob; for a rootfs: directory, of its files together */
};

struct source_options {
	/* OCI platform architecture ("amd64", or "arm64/v8" with a variant); NULL: this machine's.
	 * In an index the best variant that runs on it is taken, of equals the first. An image
	 * whose config names another one is ERROR_INPUT. */
	const char *arch;
};

/* One image, opened. Layers are numbered from the bottom, 0. */
struct source_image {
	char *reference;                         /* as the user wrote it */
	char manifest_digest[DIGEST_TEXT_BYTES]; /* "" where there is none (docker-archive, rootfs)
						  */
	char index_digest[DIGEST_TEXT_BYTES];    /* of the index that led to the manifest, or "" */
	char config_digest[DIGEST_TEXT_BYTES];   /* "" for a rootfs */
	char *name; /* what the archive itself calls the image (ref.name annotation, RepoTags), or
		       NULL */
	json_t *config;  /* the image config (OCI image specification, config.md), or NULL for a
			    rootfs */
	int64_t created; /* its creation time, Unix seconds; -1 where it says none */
	size_t layer_count;
	struct source_layer *layers;
	struct source_backend *backend; /* private */
};

/* Opens `reference`: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF or :@N] or
 * rootfs:DIR-or-TAR, as containers-transports(5) has the first three. Reads and checks the manifest
 * and config, not the layers, of which only the sizes are looked at. ERROR_USAGE for a reference or
 * an architecture that is none; ERROR_INPUT where the image is missing, malformed or not the only
 * one of its kind (the message lists the tags). Messages begin with the reference.
 *
 * Of a rootfs: directory sockets are left out, and so are the extended attributes that are not the
 * files' own: security.selinux, system.nfs4_acl, trusted.overlay.*. */
int source_open(const char *reference, const struct source_options *options,
		struct source_image **image, struct error *err) MUST_CHECK;
void source_image_free(struct source_image *image);
DEFINE_CLEANUP(cleanup_source_image_p, struct source_image, source_image_free)
#define cleanup_source_image CLEANUP(cleanup_source_image_p)

/* Says which images are at `path`: an OCI image layout, or an archive of either kind. For each,
 * `reference` opens it, and `name` is what it is called there ("1.25", "nginx:1.25"), NULL if it
 * has no name. ERROR_INPUT: neither a layout nor an archive. */
int source_list(const char *path,
		int (*visit)(void *context, const char *reference, const char *name,
			     struct error *err),
		void *context, struct error *err) MUST_CHECK;

struct layer_xattr {
	const char *name; /* "security.capability" */
	const uint8_t *value;
	size_t size;
};

/* One member of a layer's archive, as it stands there. All pointers live until the callback
 * returns. */
struct layer_entry {
	const char *path; /* raw bytes, not normalised: may hold "./", "../", be absolute; never
			     empty */
	const char
		*hardlink; /* target path of a hard link, else NULL; then mode's type is S_IFREG */
	const char *symlink; /* target of a symbolic link, else NULL */
	uint32_t mode;       /* S_IFMT type and the 12 permission bits */
	uint32_t uid, gid;
	int64_t mtime_sec;
	uint32_t mtime_nsec;   /* 0..999,999,999 */
	uint32_t major, minor; /* of a device node */
	uint64_t size;         /* of a regular file: its logical size, holes included */
	size_t xattr_count;
	const struct layer_xattr *xattrs; /* in the archive's order, names unique */
};

/* Called in the archive's order, all from the thread that called layer_read(). Each returns 0, or
 * -1 with *err to end the reading. */
struct layer_visitor {
	void *context;
	/* `*want_data` starts false: set it to get the content of this regular file. */
	int (*entry)(void *context, const struct layer_entry *entry, bool *want_data,
		     struct error *err);
	/* A piece of the content wanted. Offsets ascend, pieces do not overlap, ranges never
	 * mentioned are holes that read as zero, and offset + size never exceeds the entry's size.
	 */
	int (*data)(void *context, uint64_t offset, const uint8_t *bytes, size_t size,
		    struct error *err);
	/* After the last piece of a content that was wanted. */
	int (*end)(void *context, struct error *err);
};

/* Streams one layer. The blob's bytes are hashed while they are read, on a thread of their own, and
 * inflated on another, so that neither waits; when this returns 0, size, digest and (where it is
 * the only digest) diff ID held. What `visitor` got before that is unverified: the caller must drop
 * it on -1. Takes 4 MiB of memory, and for zstd its window (up to 128 MiB). Thread-safe: different
 * layers of one image, or the same, may be read at once. `bytes_read` (may be NULL) is increased as
 * the blob is consumed, for a progress display; for a rootfs: directory, by the content wanted.
 *
 * The process must stay in the "C" locale (never call setlocale()), so that names are kept as the
 * bytes they are. */
int layer_read(const struct source_image *image, size_t layer, const struct layer_visitor *visitor,
	       _Atomic uint64_t *bytes_read, struct error *err) MUST_CHECK;
