// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/resource_path.h"

static void three_segments_are_valid_and_nothing_else(void **state)
{
	static const struct {
		const char *path;
		bool valid;
	} rows[] = {
		{ "podseal/key/0123456789abcdef", true },
		{ "a/b/c", true },
		{ "A_-/b.c/-..", true },
		{ "", false },
		{ "a", false },
		{ "a/b", false },
		{ "a/b/", false },
		{ "a/b/c/", false },
		{ "a/b/c/d", false },
		{ "/a/b", false },
		{ "/a/b/c", false },
		{ "a//c", false },
		{ "a/../c", false },
		{ "a/b/.c", false },
		{ "a/b/c d", false },
		{ "a/b/c?d", false },
		{ "a/b/%63", false },
		{ "a/b/c\n", false },
		{ "a/b/\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (resource_path_valid(rows[i].path) != rows[i].valid)
			fail_msg("\"%s\" is taken for %s", rows[i].path,
				 rows[i].valid ? "invalid" : "valid");
}

static void the_longest_path_has_255_characters(void **state)
{
	char path[RESOURCE_PATH_BYTES + 1] = "a/b/";

	(void)state;
	memset(path + 4, 'c', RESOURCE_PATH_BYTES - 4);
	assert_false(resource_path_valid(path));
	path[RESOURCE_PATH_BYTES - 1] = '\0';
	assert_true(resource_path_valid(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_segments_are_valid_and_nothing_else),
		cmocka_unit_test(the_longest_path_has_255_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
