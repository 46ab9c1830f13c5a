// SPDX-License-Identifier: Apache-2.0
/* What a base for Kata has to hold, and what is put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/kata/kata.h"
#include "common/json.h"

#define LENGTH_OF(row) (sizeof(row) / sizeof((row)[0]))

/* An empty file, or a symbolic link where the text has " -> ". */
static void add(struct tree *tree, const char *text)
{
	char path[256], *arrow, *slash;
	struct inode *directory = tree->root;
	struct error err = { 0 };

	(void)snprintf(path, sizeof(path), "%s", text);
	arrow = strstr(path, " -> ");
	struct inode *inode = tree_inode(tree, arrow ? S_IFLNK | 0777 : S_IFREG | 0755);
	assert_non_null(inode);
	if (arrow) {
		*arrow = '\0';
		inode->target = strstr(text, " -> ") + 4;
		inode->size = strlen(inode->target);
	}
	slash = strrchr(path, '/');
	if (slash) {
		*slash = '\0';
		if (tree_make_directory(tree, path, 0, &directory, &err) < 0)
			fail_msg("%s", err.text);
	}
	if (tree_link(tree, directory, slash ? slash + 1 : path, inode, &err) < 0)
		fail_msg("%s", err.text);
}

#define UNITS                                                    \
	"usr/lib/systemd/system/kata-agent.service",             \
		"usr/lib/systemd/system/kata-containers.target", \
		"usr/lib/systemd/system/tmp.mount"
#define GOOD "usr/bin/kata-agent", UNITS

static void a_base_is_judged_whole(void **state)
{
	static const struct {
		const char *files[8];
		const char *why; /* NULL: good */
	} rows[] = {
		{ { GOOD }, NULL },
		{ { "bin -> usr/bin", "lib -> usr/lib", GOOD }, NULL },
		{ { "usr/bin/kata-agent -> ../../opt/agent", "opt/agent", UNITS }, NULL },
		{ { "usr/bin -> /tools/", "tools/kata-agent", UNITS }, NULL },
		{ { "usr/bin/kata-agent", "lib/systemd/system/kata-agent.service",
		    "etc/systemd/system/kata-containers.target", "etc/systemd/system/tmp.mount" },
		  NULL },
		{ { "etc/hostname" },
		  "not a base for --kata: it lacks kata-agent (/usr/bin/kata-agent), "
		  "kata-agent.service, kata-containers.target, tmp.mount" },
		{ { "usr/bin/kata-agent -> /usr/bin/kata-agent", UNITS },
		  "not a base for --kata: it lacks kata-agent (/usr/bin/kata-agent)" },
		{ { "usr/bin/kata-agent -> gone", UNITS },
		  "not a base for --kata: it lacks kata-agent (/usr/bin/kata-agent)" },
		{ { "usr/bin/kata-agent -> ../../../../x/../usr", UNITS },
		  "not a base for --kata: it lacks kata-agent (/usr/bin/kata-agent)" },
		{ { GOOD, "usr/local/bin/attestation-agent", "usr/local/bin/api-server-rest" },
		  "not a base for --kata: it must not hold /usr/local/bin/attestation-agent, "
		  "/usr/local/bin/api-server-rest" },
		{ { UNITS, "usr/local -> /opt", "opt/bin/confidential-data-hub",
		    "pause_bundle/config.json",
		    "usr/lib/systemd/system-generators/kata-extension-mount-generator" },
		  "not a base for --kata: it lacks kata-agent (/usr/bin/kata-agent); it must not "
		  "hold /usr/local/bin/confidential-data-hub, "
		  "/usr/lib/systemd/system-generators/kata-extension-mount-generator, "
		  "/pause_bundle" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		cleanup_tree struct tree *tree = NULL;
		struct error err = { 0 };
		assert_int_equal(tree_new(0, &tree, &err), 0);
		for (size_t f = 0; f < LENGTH_OF(rows[i].files) && rows[i].files[f]; f++)
			add(tree, rows[i].files[f]);
		int result = kata_base_check(tree, &err);
		if (result != (rows[i].why ? -1 : 0) ||
		    (rows[i].why && strcmp(err.text, rows[i].why) != 0))
			fail_msg("row %zu: %d, %s", i, result, err.text);
	}
}

static void the_pause_bundle_is_one(void **state)
{
	static const uint8_t imaged[] = "imaged", no_disks[] = "no-disks", pause[] = "pause";
	const struct kata_programs programs = {
		.imaged = { imaged, sizeof(imaged) },
		.no_disks = { no_disks, sizeof(no_disks) },
		.pause = { pause, sizeof(pause) },
	};
	struct kata_file files[KATA_FILE_COUNT];
	cleanup_json json_t *config = NULL;
	size_t programs_seen = 0;

	(void)state;
	kata_files(&programs, files);
	for (size_t i = 0; i < KATA_FILE_COUNT; i++) {
		struct error err = { 0 };
		assert_true(files[i].size > 0);
		assert_true(files[i].directory[0] != '/');
		programs_seen += files[i].permissions == 0755;
		if (strcmp(files[i].name, "config.json") == 0)
			assert_int_equal(
				json_parse(files[i].bytes, files[i].size, 1 << 20, &config, &err),
				0);
	}
	assert_int_equal(programs_seen, 3);
	/* kata-agent copies the one file rootfs/<args[0]> and runs this process */
	json_t *process = json_object_get(config, "process");
	assert_string_equal(json_string_value(json_array_get(json_object_get(process, "args"), 0)),
			    "/pause");
	assert_true(json_is_true(json_object_get(process, "noNewPrivileges")));
}

/* The least that says which machine a program is for, and whether it asks for an interpreter. */
static struct kata_program elf(uint8_t bytes[120], uint8_t machine, uint8_t header_type)
{
	memset(bytes, 0, 120);
	memcpy(bytes, "\177ELF\2\1\1", 7);
	bytes[18] = machine;
	bytes[32] = 64; /* e_phoff */
	bytes[56] = 1;  /* e_phnum */
	bytes[64] = header_type;
	return (struct kata_program){ bytes, 120 };
}

static void programs_fit_the_base(void **state)
{
	static const struct {
		uint8_t machine, header_type;
		size_t size;
		const char *arch, *why;
	} rows[] = {
		{ 62, 1, 120, "amd64", NULL },
		{ 183, 1, 120, "arm64", NULL },
		{ 183, 1, 120, "arm64/v8", NULL },
		{ 62, 1, 120, "arm64", "a program for another machine than arm64" },
		{ 183, 1, 120, "amd64", "a program for another machine than amd64" },
		{ 62, 3, 120, "amd64", "not a static program" },
		{ 62, 1, 63, "amd64", "not a 64-bit ELF program" },
		{ 62, 1, 0, "amd64", "not a 64-bit ELF program" },
		{ 62, 3, 119, "amd64", NULL }, /* its headers are cut off: none asks */
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		uint8_t bytes[120];
		struct kata_program program = elf(bytes, rows[i].machine, rows[i].header_type);
		struct error err = { 0 };
		program.size = rows[i].size;
		int result = kata_program_check(&program, rows[i].arch, &err);
		if (result != (rows[i].why ? -1 : 0) ||
		    (rows[i].why && !strstr(err.text, rows[i].why)))
			fail_msg("row %zu: %d, %s", i, result, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_base_is_judged_whole),
		cmocka_unit_test(the_pause_bundle_is_one),
		cmocka_unit_test(programs_fit_the_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
