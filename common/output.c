// SPDX-License-Identifier: Apache-2.0
#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "common/hex.h"
#include "common/io.h"

struct output {
	char *path;
	char *temporary; /* NULL while the file has no name at all */
	int fd;
	int slot; /* in `pending`, or -1 */
	bool committed;
};

/* What a signal handler may read: names only, each set after it is complete and cleared before it
 * is freed. */
enum { PENDING_MAX = 16 };
static _Atomic(const char *) pending[PENDING_MAX];

enum { PROC_PATH_BYTES = 32 };

/* SIGPIPE is among them for who reads our progress, and stops. */
static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };

static void unlink_pending(int number)
{
	for (int i = 0; i < PENDING_MAX; i++) {
		const char *name = atomic_load(&pending[i]);
		if (name)
			(void)unlink(name);
	}
	/* SA_RESETHAND: the default action follows, so the parent sees what killed us */
	(void)raise(number);
}

void output_guard_signals(void)
{
	struct sigaction action = { .sa_handler = unlink_pending, .sa_flags = (int)SA_RESETHAND };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before;

	/* one that is ignored stays so: nohup and a shell's background jobs count on that */
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (sigaction(fatal[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			(void)sigaction(fatal[i], &action, NULL);
	/* so that a write past the limit fails with EFBIG */
	(void)sigaction(SIGXFSZ, &ignore, NULL);
}

void output_hold_signals(sigset_t *before)
{
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)sigaddset(&held, fatal[i]);
	(void)pthread_sigmask(SIG_BLOCK, &held, before);
}

void output_release_signals(sigset_t *before)
{
	(void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

static int pending_add(const char *name)
{
	for (int i = 0; i < PENDING_MAX; i++) {
		const char *none = NULL;
		if (atomic_compare_exchange_strong(&pending[i], &none, name))
			return i;
	}
	return -1;
}

static void forget(struct output *out)
{
	if (out->slot >= 0)
		atomic_store(&pending[out->slot], NULL);
	out->slot = -1;
}

static void proc_path(const struct output *out, char path[PROC_PATH_BYTES])
{
	(void)snprintf(path, PROC_PATH_BYTES, "/proc/self/fd/%d", out->fd);
}

/* A file that nobody can find, and that is gone when we are, whatever ends us. Not every file
 * system has such files (NFS has none), and only through /proc can one be given a name later. */
static bool create_nameless(struct output *out, mode_t mode)
{
	char proc[PROC_PATH_BYTES];
	const char *slash = strrchr(out->path, '/');
	cleanup_free char *directory =
		slash ? strndup(out->path, (size_t)(slash - out->path) + 1) : strdup(".");

	if (!directory)
		return false;
	out->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (out->fd < 0)
		return false;
	proc_path(out, proc);
	if (access(proc, F_OK) == 0)
		return true;
	(void)close(out->fd);
	out->fd = -1;
	return false;
}

static int create_file(struct output *out, mode_t mode)
{
	out->fd = open(out->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	return out->fd < 0 ? -1 : 0;
}

static int link_file(struct output *out, mode_t mode)
{
	char proc[PROC_PATH_BYTES];

	(void)mode; /* it has its mode */
	proc_path(out, proc);
	return linkat(AT_FDCWD, proc, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW);
}

/* Finds a temporary name by which `make` succeeds. The name is pending before the file has it, so
 * that no signal finds the file and not its name. */
static int take_temporary_name(struct output *out, int (*make)(struct output *out, mode_t mode),
			       mode_t mode, struct error *err)
{
	static const char marker[] = ".podseal-tmp-";
	size_t size = strlen(out->path) + sizeof(marker) + 16;

	out->temporary = malloc(size);
	if (!out->temporary)
		return error_memory(err);
	for (int tries = 0; tries < 16; tries++) {
		uint8_t random[4];
		char suffix[2 * sizeof(random) + 1];
		if (getrandom(random, sizeof(random), 0) != sizeof(random))
			return error_system(err, "drawing a temporary name");
		hex_encode(random, sizeof(random), suffix);
		(void)snprintf(out->temporary, size, "%s%s%s", out->path, marker, suffix);
		out->slot = pending_add(out->temporary);
		if (make(out, mode) == 0)
			return 0;
		forget(out);
		if (errno != EEXIST) {
			(void)error_system(err, "creating it");
			free(take_ptr(out->temporary));
			return -1;
		}
	}
	free(take_ptr(out->temporary));
	return error_system_text(err, "creating it: no free temporary name");
}

int output_open(const char *path, mode_t mode, struct output **result, struct error *err)
{
	cleanup_output struct output *out = calloc(1, sizeof(*out));
	struct stat st;

	if (!out)
		return error_memory(err);
	out->fd = -1;
	out->slot = -1;
	if (!*path)
		return error_input(err, "the output has an empty name");
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return error_input(err, "%s: is a directory", path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_input(err, "%s: exists and is not a regular file", path);
	out->path = strdup(path);
	if (!out->path)
		return error_memory(err);
	if (!create_nameless(out, mode) && take_temporary_name(out, create_file, mode, err) < 0)
		return error_prefix(err, "%s", path);
	*result = take_ptr(out);
	return 0;
}

int output_fd(const struct output *out)
{
	return out->fd;
}

int output_scratch(const struct output *out, int *result, struct error *err)
{
	cleanup_output struct output *scratch = NULL;

	if (output_open(out->path, 0600, &scratch, err) < 0)
		return error_prefix(err, "making a scratch file");
	if (scratch->temporary)
		(void)unlink(scratch->temporary);
	*result = take_fd(&scratch->fd);
	return 0;
}

int output_try(const char *path, mode_t mode, struct error *err)
{
	cleanup_output struct output *out = NULL;

	return output_open(path, mode, &out, err);
}

int output_commit_unsynced(struct output *out, struct error *err)
{
	/* not linked to its own name at once: that would not replace a file of that name */
	if (!out->temporary && take_temporary_name(out, link_file, 0, err) < 0)
		return error_prefix(err, "%s", out->path);
	if (rename(out->temporary, out->path) < 0)
		return error_system(err, "%s: renaming it into place", out->path);
	forget(out);
	free(take_ptr(out->temporary));
	out->committed = true;
	return 0;
}

int output_sync(struct output *out, struct error *err)
{
	if (fsync(out->fd) < 0)
		return error_system(err, "%s: writing it to disk", out->path);
	return 0;
}

int output_commit(struct output *out, struct error *err)
{
	if (output_sync(out, err) < 0)
		return -1;
	return output_commit_unsynced(out, err);
}

void output_retract(struct output *out)
{
	if (out && out->committed)
		(void)unlink(out->path);
}

void output_free(struct output *out)
{
	if (!out)
		return;
	if (out->temporary && out->fd >= 0)
		(void)unlink(out->temporary);
	forget(out);
	if (out->fd >= 0)
		(void)close(out->fd);
	free(out->temporary);
	free(out->path);
	free(out);
}

int output_write_file(const char *path, mode_t mode, const void *bytes, size_t size,
		      struct error *err)
{
	cleanup_output struct output *out = NULL;

	if (output_open(path, mode, &out, err) < 0)
		return -1;
	if (write_all(out->fd, bytes, size, err) < 0)
		return error_prefix(err, "%s", path);
	return output_commit(out, err);
}
