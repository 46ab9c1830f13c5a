// SPDX-License-Identifier: Apache-2.0
#include "common/command.h"

#include <assert.h>
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/version.h"

enum { OPTIONS_MAX = 48, SUMMARY_COLUMN = 12, HELP_COLUMN = 30 };

static const struct command *find(const struct program *program, const char *name)
{
	for (const struct command *c = program->commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static void print_usage(const struct program *program)
{
	printf("%s: %s\n\nUsage: %s COMMAND [ARGUMENT]...\n\nCommands:\n", program->name,
	       program->summary, program->name);
	for (const struct command *c = program->commands; c->name; c++)
		printf("  %-*s %s\n", SUMMARY_COLUMN, c->name, c->summary);
	printf("\n`%s help COMMAND` explains one; `man %s` says all.\n", program->name,
	       program->name);
	if (program->details)
		printf("\n%s\n", program->details);
}

static void print_option(const struct command_option *o)
{
	char form[128];
	char shortened[8] = "    ";

	if (o->id < 128 && isalnum(o->id))
		(void)snprintf(shortened, sizeof(shortened), "-%c, ", o->id);
	int n = snprintf(form, sizeof(form), "  %s--%s%s%s", shortened, o->name,
			 o->argument ? " " : "", o->argument ? o->argument : "");
	printf("%-*s", HELP_COLUMN, form);
	if (n >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	for (const char *p = o->help; *p; p++)
		if (*p == '\n')
			printf("\n%*s", HELP_COLUMN, "");
		else
			putchar(*p);
	putchar('\n');
}

static void print_help(const struct program *program, const struct command *c)
{
	printf("%s %s: %s\n\nUsage: %s %s %s\n", program->name, c->name, c->summary, program->name,
	       c->name, c->synopsis);
	if (c->options && c->options->name)
		printf("\nOptions:\n");
	for (const struct command_option *o = c->options; o && o->name; o++)
		print_option(o);
	if (c->details)
		printf("\n%s\n", c->details);
}

/* A shell function's name: no dash in it. */
static void print_function_name(const struct program *program)
{
	putchar('_');
	for (const char *p = program->name; *p; p++)
		putchar(*p == '-' ? '_' : *p);
}

static void complete_bash(const struct program *program)
{
	print_function_name(program);
	printf("() {\n  local word words cur=${COMP_WORDS[COMP_CWORD]}\n  COMPREPLY=()\n"
	       "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"help completion");
	for (const struct command *c = program->commands; c->name; c++)
		printf(" %s", c->name);
	printf("\"\n  else\n    case ${COMP_WORDS[1]} in\n");
	for (const struct command *c = program->commands; c->name; c++) {
		printf("    %s) words=\"", c->name);
		for (const struct command_option *o = c->options; o && o->name; o++)
			printf("--%s ", o->name);
		printf("--help\" ;;\n");
	}
	printf("    esac\n    [[ $cur == -* ]] || { words=; compopt -o default; }\n  fi\n"
	       "  while read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -W \"$words\" -- "
	       "\"$cur\")\n"
	       "}\ncomplete -F ");
	print_function_name(program);
	printf(" %s\n", program->name);
}

/* Text inside a single-quoted shell word of zsh's _arguments or fish. */
static void print_quoted(const char *text, bool brackets)
{
	for (const char *p = text; *p && *p != '\n'; p++) {
		if (*p == '\'')
			printf("'\\''");
		else if (brackets && strchr("[]:\\", *p))
			printf("\\%c", *p);
		else
			putchar(*p);
	}
}

static void complete_zsh(const struct program *program)
{
	printf("#compdef %s\nif (( CURRENT == 2 )); then\n  local -a commands=(\n", program->name);
	for (const struct command *c = program->commands; c->name; c++) {
		printf("    '%s:", c->name);
		print_quoted(c->summary, false);
		printf("'\n");
	}
	printf("  )\n  _describe command commands\n  return\nfi\ncase $words[2] in\n");
	for (const struct command *c = program->commands; c->name; c++) {
		printf("  %s) shift words; (( CURRENT-- )); _arguments", c->name);
		for (const struct command_option *o = c->options; o && o->name; o++) {
			printf(" \\\n    '*--%s[", o->name);
			print_quoted(o->help, true);
			printf("]%s'", o->argument ? ":value:_files" : "");
		}
		printf(" \\\n    '*:file:_files';;\n");
	}
	printf("esac\n");
}

static void complete_fish(const struct program *program)
{
	for (const struct command *c = program->commands; c->name; c++) {
		printf("complete -c %s -n __fish_use_subcommand -f -a %s -d '", program->name,
		       c->name);
		print_quoted(c->summary, false);
		printf("'\n");
		for (const struct command_option *o = c->options; o && o->name; o++) {
			printf("complete -c %s -n '__fish_seen_subcommand_from %s' -l %s%s -d '",
			       program->name, c->name, o->name, o->argument ? " -r" : "");
			print_quoted(o->help, false);
			printf("'\n");
		}
	}
}

static int print_completion(const struct program *program, const char *shell, struct error *err)
{
	if (shell && strcmp(shell, "bash") == 0)
		complete_bash(program);
	else if (shell && strcmp(shell, "zsh") == 0)
		complete_zsh(program);
	else if (shell && strcmp(shell, "fish") == 0)
		complete_fish(program);
	else
		return error_usage(err, "completion: which shell: bash, zsh or fish");
	return 0;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static int run(const struct program *program, int argc, char **argv, struct error *err)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return error_usage(err, "no command given; `%s --help` lists them", program->name);
	if (strcmp(name, "--version") == 0) {
		printf("%s %s\n", program->name, PODSEAL_VERSION);
		return 0;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    (strcmp(name, "help") == 0 && argc == 2)) {
		print_usage(program);
		return 0;
	}
	if (strcmp(name, "completion") == 0)
		return print_completion(program, argc == 3 ? argv[2] : NULL, err);
	bool help = strcmp(name, "help") == 0;
	const struct command *c = find(program, help ? argv[2] : name);
	if (!c)
		return error_usage(err, "unknown command \"%s\"; `%s --help` lists them",
				   help ? argv[2] : name, program->name);
	if (help || asks_for_help(argc - 1, argv + 1)) {
		print_help(program, c);
		return 0;
	}
	return c->run(c, argc - 1, argv + 1, err);
}

/* Were one of them closed, the next file opened would get its number, and what we print. Taken by
 * one that cannot be used that way, reading or writing it fails as before. */
static int take_standard_descriptors(struct error *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return error_system(err, "opening /dev/null");
	return 0;
}

int command_main(const struct program *program, int argc, char **argv)
{
	struct error err = { 0 };

	if (take_standard_descriptors(&err) < 0 || run(program, argc, argv, &err) < 0)
		return error_report(program->name, &err);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)error_system(&err, "writing to standard output");
		return error_report(program->name, &err);
	}
	return 0;
}

/* getopt_long leaves in optopt: 0 for an unknown long option, the letter of an unknown short one
 * (which may stand inside a cluster that is not used up yet), or the id of one that takes no
 * argument and was given one. */
static void refuse_option(const struct command *self, const char *word, struct error *err)
{
	for (const struct command_option *o = self->options; o && o->name && optopt; o++)
		if (o->id == optopt) {
			(void)error_usage(err, "%s: option \"--%s\" takes no argument", self->name,
					  o->name);
			return;
		}
	char letter[] = { '-', (char)optopt, '\0' };
	(void)error_usage(err, "%s: unknown option \"%s\"; `help %s` lists them", self->name,
			  optopt ? letter : word, self->name);
}

int command_next_option(const struct command *self, int argc, char **argv, struct error *err)
{
	struct option longs[OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * OPTIONS_MAX + 2] =
		":"; /* a missing argument is ':', told apart from an unknown option */
	size_t n = 0, s = 1;

	for (const struct command_option *o = self->options; o && o->name; o++, n++) {
		assert(n < OPTIONS_MAX);
		longs[n] = (struct option){ o->name, o->argument ? required_argument : no_argument,
					    NULL, o->id };
		if (o->id < 128 && isalnum(o->id)) {
			shorts[s++] = (char)o->id;
			if (o->argument)
				shorts[s++] = ':';
		}
	}
	opterr = 0;
	int id = getopt_long(argc, argv, shorts, longs, NULL);
	if (id == '?') {
		refuse_option(self, argv[optind - 1], err);
		return '?';
	}
	if (id == ':') {
		(void)error_usage(err, "%s: option \"%s\" needs an argument", self->name,
				  argv[optind - 1]);
		return '?';
	}
	return id;
}

void command_take_text(const struct command_text *texts, size_t count, int id)
{
	for (size_t i = 0; i < count; i++)
		if (id == texts[i].id)
			*texts[i].value = optarg;
}

int command_operands(const struct command *self, int argc, int count, struct error *err)
{
	if (argc - optind != count)
		return error_usage(err, "%s: %s; usage: %s %s", self->name,
				   argc - optind < count ? "an argument is missing"
							 : "too many arguments",
				   self->name, self->synopsis);
	return 0;
}
