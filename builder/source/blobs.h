// SPDX-License-Identifier: Apache-2.0
/* The files of an image layout, by name, in a directory or inside a tar archive: an archive's
 * headers are read once, and its members then by offset, so that nothing is unpacked. Private to
 * builder/source/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

struct blobs;

/* A file, or a part of one: `size_bytes` at `offset` of `fd`. */
struct blob {
	int fd; /* owned, or -1 */
	uint64_t offset, size_bytes;
};

static inline void blob_close(struct blob *blob)
{
	cleanup_fd_p(&blob->fd);
}
#define cleanup_blob CLEANUP(blob_close)

int blobs_open_directory(const char *path, struct blobs **blobs, struct error *err) MUST_CHECK;

/* ERROR_INPUT if the archive is compressed, malformed, or has more than 65,536 members. */
int blobs_open_archive(const char *path, struct blobs **blobs, struct error *err) MUST_CHECK;

void blobs_free(struct blobs *blobs);
DEFINE_CLEANUP(cleanup_blobs_p, struct blobs, blobs_free)
#define cleanup_blobs CLEANUP(cleanup_blobs_p)

/* The regular file `name` ("blobs/sha256/..."), never through a symbolic link at its end (an
 * archive's own links, as `docker save` used to write them, are followed inside the archive).
 * ERROR_INPUT where there is none. Safe from several threads at once. */
int blobs_open(const struct blobs *blobs, const char *name, struct blob *blob, struct error *err)
	MUST_CHECK;

/* The whole of a small one. The caller frees *bytes. Messages name it. */
int blobs_read(const struct blobs *blobs, const char *name, size_t limit, uint8_t **bytes,
	       size_t *size, struct error *err) MUST_CHECK;

/* Opens a regular file for reading, not following a link at its end. */
int blob_open_file(int dirfd, const char *path, struct blob *blob, struct error *err) MUST_CHECK;
