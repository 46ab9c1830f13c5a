// SPDX-License-Identifier: Apache-2.0
/* A program made of subcommands: one table says name, function, synopsis, summary and options, and
 * usage, --help and the shell completion are printed from it. */
#pragma once

#include <getopt.h>
#include <stddef.h>

#include "common/error.h"

/* One option of a subcommand. `argument` is what --help calls it, NULL for an option that takes
 * none. `id` is what command_next_option() returns for it: a letter is also the short form. */
struct command_option {
	int id;
	const char *name;
	const char *argument;
	const char *help; /* one line; a line break starts a further indented one */
};

struct command {
	const char *name;
	/* `argv[0]` is the subcommand's name. Returns 0, or -1 with *err set. */
	int (*run)(const struct command *self, int argc, char **argv, struct error *err);
	const char *synopsis;                 /* "--base REF -o OUT.img [OPTION]..." */
	const char *summary;                  /* a line */
	const struct command_option *options; /* ended by an entry without name; may be NULL */
	const char *details; /* paragraphs for --help after the options; may be NULL */
};

struct program {
	const char *name;
	const char *summary;
	const struct command *commands; /* ended by an entry without name */
	const char *details; /* ends the --help of the program: an example, where to read on */
};

/* Finds the subcommand and runs it. Handles --help, --version, `help [COMMAND]` and `completion
 * bash|zsh|fish`; prints the error. Returns the exit code. */
int command_main(const struct program *program, int argc, char **argv);

/* The next option of `self` in argv by getopt_long's rules (options and operands may mix): its id,
 * with optarg set; -1 at the end, when argv[optind] is the first operand; '?' with ERROR_USAGE set
 * for one that is unknown or lacks its argument. */
int command_next_option(const struct command *self, int argc, char **argv, struct error *err);

/* Where an option's argument goes that is taken as it is. */
struct command_text {
	int id;
	const char **value;
};

/* Sets the value of option `id` to optarg, where it is one of the `count` texts; else does
 * nothing. */
void command_take_text(const struct command_text *texts, size_t count, int id);

/* After the options: exactly `count` operands remain, or ERROR_USAGE that shows the synopsis. */
int command_operands(const struct command *self, int argc, int count, struct error *err) MUST_CHECK;
