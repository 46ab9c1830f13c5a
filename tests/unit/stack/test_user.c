// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/user.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "\n"
			     "# a comment: not:a:1:1:user:/:\n"
			     "broken:x:12\n"
			     "  indented:x:5:5::/srv:\n"
			     "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
			     "www:x:33:34:web:/var/www\n"
			     "www:x:99:99:a second one:/other:/bin/sh\n"
			     "huge:x:4294967295:0::/:/bin/sh\n"
			     "123:x:7:8:digits in a name:/digits:/bin/sh\n"
			     "relative:x:40:40::somewhere:/bin/sh\n"
			     "last:x:50:51::/last:/bin/sh";

static const char group[] = "root:x:0:\n"
			    "daemon:x:1:www,root\n"
			    "#daemon:x:2:www\n"
			    "wheel:x:10:root,www,nobody\n"
			    "again:x:10:www\n"
			    "www:x:34:www\n"
			    "bad:x:abc:www\n"
			    "ww:x:11:ww,www2,wwww\n"
			    "staff:x:50:www";

static const struct row {
	const char *name, *text;
	uint32_t uid, gid;
	const char *home, *groups;
	const char *error; /* a part of it; NULL: none */
} rows[] = {
	{ "NULL is root", NULL, 0, 0, "/root", "1 10", NULL },
	{ "empty is root", "", 0, 0, "/root", "1 10", NULL },
	{ "name", "www", 33, 34, "/var/www", "1 10 50", NULL },
	{ "uid with an entry", "33", 33, 34, "/var/www", "1 10 50", NULL },
	{ "uid without an entry", "1000", 1000, 0, NULL, "", NULL },
	{ "first entry wins", "99", 99, 99, "/other", "1 10 34 50", NULL },
	{ "name and group", "www:wheel", 33, 10, "/var/www", "", NULL },
	{ "name and gid", "www:77", 33, 77, "/var/www", "", NULL },
	{ "uid and gid", "1000:1000", 1000, 1000, NULL, "", NULL },
	{ "uid and group", "1000:staff", 1000, 50, NULL, "", NULL },
	{ "group alone", ":staff", 0, 50, "/root", "", NULL },
	{ "colon without group", "www:", 33, 34, "/var/www", "1 10 50", NULL },
	{ "digits are never a name", "123", 123, 0, NULL, "", NULL },
	{ "indented line", "indented", 5, 5, "/srv", "", NULL },
	{ "relative home is none", "relative", 40, 40, NULL, "", NULL },
	{ "last line without end", "last", 50, 51, "/last", "", NULL },
	{ "greatest uid", "2147483647", 2147483647, 0, NULL, "", NULL },
	{ "uid above it", "2147483648", 0, 0, NULL, NULL, "above 2147483647" },
	{ "uid that overflows", "99999999999999999999", 0, 0, NULL, NULL, "above" },
	{ "gid above it", "0:2147483648", 0, 0, NULL, NULL, "group 2147483648 is above" },
	{ "entry with a uid above it", "huge", 0, 0, NULL, NULL, "\"huge\" is not in /etc/passwd" },
	{ "unknown user", "mallory", 0, 0, NULL, NULL, "user \"mallory\" is not in /etc/passwd" },
	{ "unknown group", "www:mallory", 0, 0, NULL, NULL, "group \"mallory\" is not in" },
	{ "malformed entry", "broken", 0, 0, NULL, NULL, "\"broken\" is not in" },
	{ "comment", "# a comment", 0, 0, NULL, NULL, "is not in" },
	{ "signs", "-1", 0, 0, NULL, NULL, "\"-1\" is not in" },
	{ "two colons", "a:b:c", 0, 0, NULL, NULL, "more than one ':'" },
};

static struct user_files files_of(const char *passwd_text, const char *group_text)
{
	return (struct user_files){
		.passwd = (const uint8_t *)passwd_text,
		.passwd_size = passwd_text ? strlen(passwd_text) : 0,
		.group = (const uint8_t *)group_text,
		.group_size = group_text ? strlen(group_text) : 0,
	};
}

static void groups_text(const struct user *user, char text[256])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < user->group_count; i++)
		used += (size_t)snprintf(text + used, 256 - used, "%s%u", i ? " " : "",
					 user->groups[i]);
}

static void resolves_as_runc_does(void **state)
{
	const struct user_files files = files_of(passwd, group);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		cleanup_user struct user user = { .uid = 4711 };
		struct error err = { 0 };
		char groups[256];

		int result = user_resolve(row->text, &files, &user, &err);
		if (result != (row->error ? -1 : 0) ||
		    (row->error && !strstr(err.text, row->error)))
			fail_msg("%s: %d, \"%s\"", row->name, result, err.text);
		if (row->error) {
			assert_int_equal(err.kind, ERROR_INPUT);
			assert_int_equal(user.uid, 4711);
			continue;
		}
		groups_text(&user, groups);
		if (user.uid != row->uid || user.gid != row->gid ||
		    strcmp(groups, row->groups) != 0 ||
		    strcmp(user.home ? user.home : "-", row->home ? row->home : "-") != 0)
			fail_msg("%s: %u:%u groups %s home %s", row->name, user.uid, user.gid,
				 groups, user.home);
	}
}

static void does_without_the_files(void **state)
{
	const struct user_files files = { 0 };
	cleanup_user struct user user = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(user_resolve("12:13", &files, &user, &err), 0);
	assert_int_equal(user.uid, 12);
	assert_int_equal(user.gid, 13);
	assert_null(user.home);
	assert_int_equal(user_resolve("www", &files, &user, &err), -1);
	assert_int_equal(user_resolve("0:www", &files, &user, &err), -1);
}

static void bounds_lines_files_and_groups(void **state)
{
	char *long_line = malloc(USER_LINE_MAX_BYTES + 3);
	char *large = calloc(1, USER_FILE_MAX_BYTES + 2);
	char *many = malloc(16 * (USER_MAX_GROUPS + 2));
	size_t used = 0;
	struct error err;
	cleanup_user struct user user = { 0 };

	(void)state;
	assert_true(long_line && large && many);
	memset(long_line, 'a', USER_LINE_MAX_BYTES + 1);
	(void)strcpy(long_line + USER_LINE_MAX_BYTES + 1, "\n");
	struct user_files files = files_of(long_line, NULL);
	assert_int_equal(user_resolve("0", &files, &user, &err), -1);
	assert_non_null(strstr(err.text, "line 1 of /etc/passwd"));

	memset(large, '\n', USER_FILE_MAX_BYTES + 1);
	files = files_of(passwd, large);
	assert_int_equal(user_resolve("0", &files, &user, &err), -1);
	assert_non_null(strstr(err.text, "/etc/group of the image has 4194305 bytes"));

	for (unsigned i = 1; i <= USER_MAX_GROUPS + 1; i++)
		used += (size_t)sprintf(many + used, "g:x:%u:root\n", i);
	files = files_of(passwd, many);
	assert_int_equal(user_resolve("0", &files, &user, &err), -1);
	assert_non_null(strstr(err.text, "more than 65536 groups"));
	free(long_line);
	free(large);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves_as_runc_does),
		cmocka_unit_test(does_without_the_files),
		cmocka_unit_test(bounds_lines_files_and_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
