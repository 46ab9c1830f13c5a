// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/cleanup.h"
#include "common/command.h"
#include "common/io.h"
#include "common/version.h"

enum { OPTION_JSON = 256 };

/* Says which options and operand it was given. */
static int run_open(const struct command *self, int argc, char **argv, struct error *err)
{
	int id;

	while ((id = command_next_option(self, argc, argv, err)) != -1) {
		if (id == '?')
			return -1;
		if (id == 'o')
			printf("-o %s\n", optarg);
		if (id == OPTION_JSON)
			printf("--json\n");
	}
	if (command_operands(self, argc, 1, err) < 0)
		return -1;
	printf("operand %s\n", argv[optind]);
	return 0;
}

static int run_fail(const struct command *self, int argc, char **argv, struct error *err)
{
	(void)self, (void)argc, (void)argv;
	return error_mismatch(err, "it does not hold");
}

static const struct command_option open_options[] = {
	{ 'o', "output", "FILE", "where it goes" },
	{ OPTION_JSON, "json", NULL, "for programs: it's [one] object\nand no more" },
	{ 0 },
};

static const struct command commands[] = {
	{ "open", run_open, "IMG [--json] [-o FILE]", "opens an image: it's free", open_options,
	  "More about it." },
	{ "fail", run_fail, "", "fails", NULL, NULL },
	{ 0 },
};

static const struct program program = { "pod-test", "a program for this test", commands,
					"Read on." };

/* What a child that runs command_main() prints, and its exit status. */
struct outcome {
	char out[8192], err[2048];
	int status;
};

static void read_end(int fd, char *text, size_t size)
{
	struct error err = { 0 };
	ssize_t n = read_upto(fd, text, size - 1, &err);

	assert_true(n >= 0);
	text[n] = '\0';
	(void)close(fd);
}

static void run_words(struct outcome *outcome, const char *const *words)
{
	char *argv[16] = { 0 };
	int argc = 0, out[2], err[2];

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	assert_true(pipe(out) == 0 && pipe(err) == 0);
	(void)fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(err[1], STDERR_FILENO) < 0)
			_exit(100);
		int code = command_main(&program, argc, argv);
		(void)fflush(stdout);
		_exit(code);
	}
	(void)close(out[1]);
	(void)close(err[1]);
	read_end(out[0], outcome->out, sizeof(outcome->out));
	read_end(err[0], outcome->err, sizeof(outcome->err));
	assert_int_equal(waitpid(child, &outcome->status, 0), child);
	assert_true(WIFEXITED(outcome->status));
	outcome->status = WEXITSTATUS(outcome->status);
}

#define RUN(outcome, ...) \
	run_words(outcome, (const char *const[]){ "pod-test", __VA_ARGS__ __VA_OPT__(, ) NULL })

static void options_and_operands_may_mix(void **state)
{
	struct outcome o;

	(void)state;
	RUN(&o, "open", "--json", "IMG", "-o", "x");
	assert_int_equal(o.status, 0);
	assert_string_equal(o.out, "--json\n-o x\noperand IMG\n");
	RUN(&o, "open", "IMG", "--output=y");
	assert_string_equal(o.out, "-o y\noperand IMG\n");
	RUN(&o, "open", "--", "--json");
	assert_string_equal(o.out, "operand --json\n");
	assert_string_equal(o.err, "");
}

static void a_wrong_command_line_is_one_line_and_status_2(void **state)
{
	static const struct {
		const char *words[6], *said;
	} rows[] = {
		{ { "pod-test" }, "no command given; `pod-test --help` lists them" },
		{ { "pod-test", "nosuch" },
		  "unknown command \"nosuch\"; `pod-test --help` lists them" },
		{ { "pod-test", "help", "nosuch" },
		  "unknown command \"nosuch\"; `pod-test --help` lists them" },
		{ { "pod-test", "open", "--nosuch" },
		  "open: unknown option \"--nosuch\"; `help open` lists them" },
		{ { "pod-test", "open", "IMG", "--nosuch=1" },
		  "open: unknown option \"--nosuch=1\"; `help open` lists them" },
		{ { "pod-test", "open", "-Zo", "x" },
		  "open: unknown option \"-Z\"; `help open` lists them" },
		{ { "pod-test", "fail", "-x" }, "it does not hold" },
		{ { "pod-test", "open", "--json=1", "IMG" },
		  "open: option \"--json\" takes no argument" },
		{ { "pod-test", "open", "IMG", "--output" },
		  "open: option \"--output\" needs an argument" },
		{ { "pod-test", "open", "IMG", "-o" }, "open: option \"-o\" needs an argument" },
		{ { "pod-test", "open" },
		  "open: an argument is missing; usage: open IMG [--json] [-o FILE]" },
		{ { "pod-test", "open", "a", "b" },
		  "open: too many arguments; usage: open IMG [--json] [-o FILE]" },
		{ { "pod-test", "completion" }, "completion: which shell: bash, zsh or fish" },
		{ { "pod-test", "completion", "csh" },
		  "completion: which shell: bash, zsh or fish" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o;
		char want[512];
		run_words(&o, rows[i].words);
		(void)snprintf(want, sizeof(want), "pod-test: %s\n", rows[i].said);
		assert_string_equal(o.err, want);
		assert_string_equal(o.out, "");
		assert_int_equal(o.status, strstr(want, "does not hold") ? 1 : 2);
	}
}

static void help_comes_from_the_table(void **state)
{
	static const char *const words[][5] = {
		{ "pod-test", "help", "open" },
		{ "pod-test", "open", "--help" },
		{ "pod-test", "open", "--nosuch", "--help" },
	};
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		run_words(&o, words[i]);
		assert_int_equal(o.status, 0);
		assert_non_null(strstr(o.out, "Usage: pod-test open IMG [--json] [-o FILE]\n"));
		assert_non_null(strstr(o.out, "  -o, --output FILE           where it goes\n"));
		assert_non_null(strstr(o.out, "and no more\n"));
		assert_non_null(strstr(o.out, "\nMore about it.\n"));
	}
	RUN(&o, "--help");
	assert_int_equal(o.status, 0);
	assert_non_null(strstr(o.out, "  open         opens an image: it's free\n"));
	assert_non_null(strstr(o.out, "\nRead on.\n"));
	RUN(&o, "--version");
	assert_string_equal(o.out, "pod-test " PODSEAL_VERSION "\n");
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	(void)fflush(stdout);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char *argv[] = { (char *)(uintptr_t) "pod-test", (char *)(uintptr_t) "--help",
				 NULL };
		if (!freopen("/dev/full", "w", stdout) || !freopen("/dev/null", "w", stderr))
			_exit(100);
		_exit(command_main(&program, 2, argv));
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 4);
}

/* Feeds `script` to `shell` and reads what it prints. */
static int shell(const char *command, const char *script, char *said, size_t size)
{
	char path[] = "/tmp/podseal-completion.XXXXXX", line[256];
	struct error err = { 0 };
	cleanup_fd int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, script, strlen(script), &err), 0);
	(void)snprintf(line, sizeof(line), "%s %s 2>&1", command, path);
	FILE *pipe = popen(line, "r");
	assert_non_null(pipe);
	size_t n = fread(said, 1, size - 1, pipe);
	said[n] = '\0';
	int status = pclose(pipe);
	(void)unlink(path);
	return status;
}

static void completion_scripts_parse(void **state)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	bool missing = false;

	(void)state;
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		struct outcome o;
		char line[64], said[2048];
		RUN(&o, "completion", shells[i]);
		assert_int_equal(o.status, 0);
		(void)snprintf(line, sizeof(line), "command -v %s >/dev/null", shells[i]);
		if (system(line) != 0) {
			print_message("%s is not installed\n", shells[i]);
			missing = true;
			continue;
		}
		(void)snprintf(line, sizeof(line), "%s -n", shells[i]);
		int status = shell(line, o.out, said, sizeof(said));
		assert_string_equal(said, "");
		assert_int_equal(status, 0);
	}
	if (missing)
		skip();
}

static void bash_completes_commands_and_options(void **state)
{
	static const struct {
		const char *words, *completions;
	} rows[] = {
		{ "pod-test op", "open" },
		{ "pod-test f", "fail" },
		{ "pod-test ''", "help completion open fail" },
		{ "pod-test open --", "--output --json --help" },
		{ "pod-test open IMG --j", "--json" },
		{ "pod-test fail --", "--help" },
		{ "pod-test nosuch --", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o;
		char script[sizeof(o.out) + 512], said[2048], want[256];
		RUN(&o, "completion", "bash");
		(void)snprintf(script, sizeof(script),
			       "%s\nCOMP_WORDS=(%s)\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
			       "read -r _ _ function _ < <(complete -p pod-test)\n"
			       "\"$function\"\necho \"${COMPREPLY[*]}\"\n",
			       o.out, rows[i].words);
		assert_int_equal(shell("bash", script, said, sizeof(said)), 0);
		(void)snprintf(want, sizeof(want), "%s\n", rows[i].completions);
		assert_string_equal(said, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_may_mix),
		cmocka_unit_test(a_wrong_command_line_is_one_line_and_status_2),
		cmocka_unit_test(help_comes_from_the_table),
		cmocka_unit_test(output_that_cannot_be_written_is_an_error),
		cmocka_unit_test(completion_scripts_parse),
		cmocka_unit_test(bash_completes_commands_and_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
