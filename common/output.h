// SPDX-License-Identifier: Apache-2.0
/* An output file appears whole, under its name, or not at all.
 *
 * It is written as "<path>.podseal-tmp-XXXXXX" in the same directory and renamed by
 * output_commit(). Leaving scope without that unlinks it, and so does a fatal signal once
 * output_guard_signals() was called. kill -9 leaves the one clearly named temporary file. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/error.h"

struct output;

/* Starts the output `path`, to get `mode` less the umask. An existing directory there, or a missing
 * parent, is an error now and not after the work. */
int output_open(const char *path, mode_t mode, struct output **out, struct error *err) MUST_CHECK;

/* The descriptor to write to, readable too; the output owns it. */
int output_fd(const struct output *out);

/* A file without a name in the same directory, for what does not stay; the caller closes *fd. */
int output_scratch(const struct output *out, int *fd, struct error *err) MUST_CHECK;

/* Makes the file durable (fsync) and gives it its name, replacing a file of that name. */
int output_commit(struct output *out, struct error *err) MUST_CHECK;

/* The same, but leaves it to the kernel when the file reaches the disk: for an image, which takes as
 * long to write as to make, can be made again, and tells by its root hash if a power failure cut
 * it. */
int output_commit_unsynced(struct output *out, struct error *err) MUST_CHECK;

/* Unlinks what was not committed. NULL is fine. */
void output_free(struct output *out);
DEFINE_CLEANUP(cleanup_output_p, struct output, output_free)
#define cleanup_output CLEANUP(cleanup_output_p)

/* From now on SIGINT, SIGTERM and SIGHUP unlink all uncommitted outputs before the process dies of
 * them. */
void output_guard_signals(void);

/* A small file in one go, by the same rules. */
int output_write_file(const char *path, mode_t mode, const void *bytes, size_t size,
		      struct error *err) MUST_CHECK;
