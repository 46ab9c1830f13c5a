// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/io.h"
#include "common/output.h"

/* Each test runs in an empty folder of its own. */
struct place {
	char path[64];
};

static int enter(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	(void)snprintf(place->path, sizeof(place->path), "/tmp/podseal-output.XXXXXX");
	*state = place;
	return mkdtemp(place->path) ? chdir(place->path) : -1;
}

/* How many names there are; removes them when told to. */
static int names_here(bool remove_them)
{
	DIR *dir = opendir(".");
	int n = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (remove_them)
			(void)remove(e->d_name);
	}
	(void)closedir(dir);
	return n;
}

static int leave(void **state)
{
	struct place *place = *state;

	(void)names_here(true);
	(void)!chdir("/");
	int result = rmdir(place->path);
	free(place);
	return result;
}

static void assert_holds(const char *path, const char *text)
{
	struct error err = { 0 };
	cleanup_free uint8_t *bytes = NULL;
	size_t size = 0;

	assert_int_equal(file_read(path, 1 << 20, &bytes, &size, &err), 0);
	assert_string_equal((char *)bytes, text);
}

static void an_output_appears_when_committed_and_not_before(void **state)
{
	struct error err = { 0 };
	cleanup_output struct output *out = NULL;
	struct stat st;

	(void)state;
	mode_t mask = umask(027);
	assert_int_equal(output_open("out", 0644, &out, &err), 0);
	(void)umask(mask);
	assert_int_equal(write_all(output_fd(out), "new", 3, &err), 0);
	assert_int_equal(names_here(false), 0);
	assert_int_equal(output_commit(out, &err), 0);
	assert_holds("out", "new");
	assert_int_equal(names_here(false), 1);
	assert_int_equal(stat("out", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void what_is_not_committed_is_gone_and_the_old_file_stays(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(output_write_file("out", 0600, "old", 3, &err), 0);
	{
		cleanup_output struct output *out = NULL;
		assert_int_equal(output_open("out", 0600, &out, &err), 0);
		assert_int_equal(write_all(output_fd(out), "half", 4, &err), 0);
	}
	assert_int_equal(names_here(false), 1);
	assert_holds("out", "old");
	assert_int_equal(output_write_file("out", 0600, "newer", 5, &err), 0);
	assert_holds("out", "newer");
}

static void a_place_that_cannot_take_a_file_is_told_at_once(void **state)
{
	static const struct {
		const char *path, *text;
		enum error_kind kind;
	} rows[] = {
		{ "dir", "dir: is a directory", ERROR_INPUT },
		{ ".", ".: is a directory", ERROR_INPUT },
		{ "", "the output has an empty name", ERROR_INPUT },
		{ "/dev/null", "/dev/null: exists and is not a regular file", ERROR_INPUT },
		{ "none/out", "none/out: creating it: No such file or directory", ERROR_SYSTEM },
		{ "out/", "out/: creating it: No such file or directory", ERROR_SYSTEM },
	};

	(void)state;
	assert_int_equal(mkdir("dir", 0700), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		struct output *out = NULL;
		assert_int_equal(output_open(rows[i].path, 0600, &out, &err), -1);
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.kind, rows[i].kind);
		assert_null(out);
	}
	assert_int_equal(names_here(false), 1);
}

static void a_scratch_file_has_no_name(void **state)
{
	struct error err = { 0 };
	cleanup_output struct output *out = NULL;
	cleanup_fd int fd = -1;
	char back[4];

	(void)state;
	assert_int_equal(output_open("out", 0600, &out, &err), 0);
	assert_int_equal(output_scratch(out, &fd, &err), 0);
	assert_int_equal(names_here(false), 0);
	assert_int_equal(pwrite_all(fd, "data", 4, 0, &err), 0);
	assert_int_equal(pread_exact(fd, back, 4, 0, &err), 0);
	assert_memory_equal(back, "data", 4);
}

/* A nameless file gets its name through /proc: without that, outputs have temporary names, as on a
 * file system that has no nameless files. For a child process; false where only root may hide it.
 */
static bool hide_proc(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       umount2("/proc", MNT_DETACH) == 0;
}

enum { EXIT_OPENING = 100, EXIT_ALIVE, EXIT_NOT_ROOT };

/* A child opens two outputs, with temporary names if `named`, and waits for its death; returns what
 * wait() says of it. */
static int killed_by(int number, void (*disposition)(int), bool named)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error err = { 0 };
		struct output *a = NULL, *b = NULL;
		(void)signal(number, disposition);
		output_guard_signals();
		bool hidden = !named || hide_proc();
		if (output_open("a", 0600, &a, &err) < 0 || output_open("b", 0600, &b, &err) < 0 ||
		    write_all(ready[1], "x", 1, &err) < 0)
			_exit(EXIT_OPENING);
		if (!hidden)
			_exit(EXIT_NOT_ROOT);
		(void)raise(number);
		output_free(a);
		output_free(b);
		_exit(EXIT_ALIVE);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void skip_unless_root(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_ROOT) {
		print_message("hiding /proc needs root\n");
		skip();
	}
}

static void check_fatal_signals(bool named)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int status = killed_by(numbers[i], SIG_DFL, named);
		skip_unless_root(status);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_int_equal(names_here(false), 0);
	}
}

static void a_fatal_signal_leaves_nothing(void **state)
{
	(void)state;
	check_fatal_signals(false);
}

static void a_fatal_signal_takes_temporary_names_away(void **state)
{
	(void)state;
	check_fatal_signals(true);
}

static void an_output_with_a_temporary_name_is_committed(void **state)
{
	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error err = { 0 };
		struct output *out = NULL;
		if (!hide_proc())
			_exit(EXIT_NOT_ROOT);
		bool done = output_open("out", 0600, &out, &err) == 0 &&
			    write_all(output_fd(out), "new", 3, &err) == 0 &&
			    names_here(false) == 1 && output_commit(out, &err) == 0;
		output_free(out);
		_exit(done ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	skip_unless_root(status);
	assert_int_equal(status, 0);
	assert_holds("out", "new");
	assert_int_equal(names_here(false), 1);
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
	(void)state;
	int status = killed_by(SIGHUP, SIG_IGN, false);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 101);
}

static void a_signal_held_back_comes_when_the_names_are_given(void **state)
{
	int status = 0;

	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error err = { 0 };
		struct output *out = NULL;
		sigset_t before;
		output_guard_signals();
		if (output_open("out", 0600, &out, &err) < 0)
			_exit(100);
		output_hold_signals(&before);
		(void)raise(SIGINT);
		if (output_commit(out, &err) < 0)
			_exit(101);
		output_release_signals(&before);
		_exit(102);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
	assert_int_equal(access("out", F_OK), 0);
	assert_int_equal(names_here(false), 1);
}

static void what_is_retracted_is_gone(void **state)
{
	struct error err = { 0 };
	cleanup_output struct output *named = NULL, *unnamed = NULL;

	(void)state;
	assert_int_equal(output_open("named", 0600, &named, &err), 0);
	assert_int_equal(output_commit_unsynced(named, &err), 0);
	assert_int_equal(output_sync(named, &err), 0);
	assert_int_equal(output_open("unnamed", 0600, &unnamed, &err), 0);
	output_retract(named);
	output_retract(unnamed);
	output_retract(NULL);
	assert_int_equal(names_here(false), 0);
	assert_int_equal(output_commit(unnamed, &err), 0);
	assert_int_equal(access("unnamed", F_OK), 0);
}

static void trying_leaves_nothing(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(output_try("out", 0600, &err), 0);
	assert_int_equal(names_here(false), 0);
	assert_int_equal(output_try("none/out", 0600, &err), -1);
	assert_string_equal(err.text, "none/out: creating it: No such file or directory");
}

static void a_file_that_grows_past_its_limit_is_an_error(void **state)
{
	int status = 0;

	(void)state;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		static const char bytes[65536];
		const struct rlimit limit = { 4096, 4096 };
		struct error err = { 0 };
		output_guard_signals();
		if (setrlimit(RLIMIT_FSIZE, &limit) < 0 ||
		    output_write_file("out", 0600, bytes, sizeof(bytes), &err) == 0)
			_exit(100);
		_exit(strcmp(err.text, "out: writing: File too large") == 0 ? 0 : 101);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(names_here(false), 0);
}

static void kill_9_leaves_nothing(void **state)
{
	(void)state;
	assert_true(WIFSIGNALED(killed_by(SIGKILL, SIG_DFL, false)));
	assert_int_equal(names_here(false), 0);
}

static void kill_9_leaves_no_name_but_a_temporary_one(void **state)
{
	(void)state;
	int status = killed_by(SIGKILL, SIG_DFL, true);
	skip_unless_root(status);
	assert_true(WIFSIGNALED(status));
	DIR *dir = opendir(".");
	int temporary = 0;
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		temporary += strstr(e->d_name, ".podseal-tmp-") != NULL;
	(void)closedir(dir);
	assert_int_equal(temporary, 2);
	assert_int_equal(names_here(false), 2);
}

static void a_full_file_system_leaves_nothing(void **state)
{
	static char bytes[1 << 20];
	struct error err = { 0 };

	(void)state;
	assert_int_equal(mkdir("small", 0700), 0);
	if (mount("tmpfs", "small", "tmpfs", 0, "size=64k") < 0) {
		print_message("mounting a small tmpfs needs root\n");
		skip();
	}
	int entered = chdir("small");
	int result = output_write_file("out", 0600, bytes, sizeof(bytes), &err);
	int names = names_here(false);
	int left = chdir("..");
	int unmounted = umount("small");
	assert_int_equal(entered, 0);
	assert_int_equal(left, 0);
	assert_int_equal(unmounted, 0);
	assert_int_equal(result, -1);
	assert_string_equal(err.text, "out: writing: No space left on device");
	assert_int_equal(err.kind, ERROR_SYSTEM);
	assert_int_equal(names, 0);
}

#define IN_ITS_PLACE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ITS_PLACE(an_output_appears_when_committed_and_not_before),
		IN_ITS_PLACE(what_is_not_committed_is_gone_and_the_old_file_stays),
		IN_ITS_PLACE(a_place_that_cannot_take_a_file_is_told_at_once),
		IN_ITS_PLACE(a_scratch_file_has_no_name),
		IN_ITS_PLACE(a_fatal_signal_leaves_nothing),
		IN_ITS_PLACE(a_signal_that_was_ignored_stays_ignored),
		IN_ITS_PLACE(a_signal_held_back_comes_when_the_names_are_given),
		IN_ITS_PLACE(what_is_retracted_is_gone),
		IN_ITS_PLACE(trying_leaves_nothing),
		IN_ITS_PLACE(a_file_that_grows_past_its_limit_is_an_error),
		IN_ITS_PLACE(a_fatal_signal_takes_temporary_names_away),
		IN_ITS_PLACE(an_output_with_a_temporary_name_is_committed),
		IN_ITS_PLACE(kill_9_leaves_nothing),
		IN_ITS_PLACE(kill_9_leaves_no_name_but_a_temporary_one),
		IN_ITS_PLACE(a_full_file_system_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
