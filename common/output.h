// SPDX-License-Identifier: Apache-2.0
/* An output file appears whole, under its name, or not at all.
 *
 * It is written without any name, in the directory where it will be, so that nothing is left
 * whatever ends the process; output_commit() gives it its name. Where the file system has no
 * nameless files it is "<path>.podseal-tmp-XXXXXXXX" until then: leaving scope without
 * output_commit() unlinks it, and so does a fatal signal once output_guard_signals() was called;
 * kill -9 leaves that one clearly named file. */
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/error.h"

struct output;

/* Starts the output `path`, to get `mode` less the umask. An existing directory there, or a missing
 * parent, is an error now and not after the work. */
int output_open(const char *path, mode_t mode, struct output **out, struct error *err) MUST_CHECK;

/* Whether output_open() would succeed; nothing stays. For a file that is written later. */
int output_try(const char *path, mode_t mode, struct error *err) MUST_CHECK;

/* The descriptor to write to, readable too; the output owns it. */
int output_fd(const struct output *out);

/* A file without a name in the same directory, for what does not stay; the caller closes *fd. */
int output_scratch(const struct output *out, int *fd, struct error *err) MUST_CHECK;

/* Makes the file durable (fsync) and gives it its name, replacing a file of that name. */
int output_commit(struct output *out, struct error *err) MUST_CHECK;

/* The same, but leaves it to the kernel when the file reaches the disk: for an image, which takes
 * as long to write as to make, can be made again, and tells by its root hash if a power failure cut
 * it. */
int output_commit_unsynced(struct output *out, struct error *err) MUST_CHECK;

/* Makes the file durable, committed or not. */
int output_sync(struct output *out, struct error *err) MUST_CHECK;

/* Takes a committed output's name away again: of several that belong together, a later one failed.
 * NULL and one that is not committed are fine. */
void output_retract(struct output *out);

/* Unlinks what was not committed. NULL is fine. */
void output_free(struct output *out);
DEFINE_CLEANUP(cleanup_output_p, struct output, output_free)
#define cleanup_output CLEANUP(cleanup_output_p)

/* From now on SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGPIPE unlink all uncommitted outputs before
 * the process dies of them, and a file that grows past its limit (ulimit -f) is an error of
 * write(2) instead of a signal. */
void output_guard_signals(void);

/* Holds these signals back in the calling thread, while outputs that belong together get their
 * names. Released with what `before` then has: CLEANUP(output_release_signals). */
void output_hold_signals(sigset_t *before);
void output_release_signals(sigset_t *before);

/* A small file in one go, by the same rules. */
int output_write_file(const char *path, mode_t mode, const void *bytes, size_t size,
		      struct error *err) MUST_CHECK;
