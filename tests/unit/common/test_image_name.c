// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/image_name.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A     "sha256:" HEX_A

/* After the grammar and the test tables of github.com/distribution/reference. */
static const struct {
	const char *text, *full; /* NULL: refused */
} names[] = {
	{ "nginx", "docker.io/library/nginx:latest" },
	{ "nginx:1.25", "docker.io/library/nginx:1.25" },
	{ "library/nginx", "docker.io/library/nginx:latest" },
	{ "user/app", "docker.io/user/app:latest" },
	{ "docker.io/nginx", "docker.io/library/nginx:latest" },
	{ "docker.io/library/nginx:1.25", "docker.io/library/nginx:1.25" },
	{ "index.docker.io/nginx", "docker.io/library/nginx:latest" },
	{ "localhost/app", "localhost/app:latest" },
	{ "localhost:5000/app:v1", "localhost:5000/app:v1" },
	{ "reg:5000/app", "reg:5000/app:latest" },
	{ "Reg/app", "Reg/app:latest" },
	{ "quay.io/a/b/c:d", "quay.io/a/b/c:d" },
	{ "a__b/c--d/e.f", "docker.io/a__b/c--d/e.f:latest" },
	{ "nginx@" A, "docker.io/library/nginx@" A },
	{ "nginx:1@" A, "docker.io/library/nginx:1@" A },
	{ HEX_A "a", "docker.io/library/" HEX_A "a:latest" },
	{ "", NULL },
	{ ":tag", NULL },
	{ "nginx:", NULL },
	{ "nginx:-x", NULL },
	{ "nginx: x", NULL },
	{ "Nginx", NULL },
	{ "a//b", NULL },
	{ "/a", NULL },
	{ "a/", NULL },
	{ "a/b/", NULL },
	{ "a..b", NULL },
	{ "a___b", NULL },
	{ "-a", NULL },
	{ "a-", NULL },
	{ "-x.org/a", NULL },
	{ "x.org:/a", NULL },
	{ "x.org:8a/a", NULL },
	{ "nginx@sha256:abc", NULL },
	{ "nginx@sha512:" HEX_A HEX_A, NULL },
	{ "nginx@" A "@" A, NULL },
	{ "nginx@sha256:AAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	{ "oci:dir:tag", NULL },
};

static void names_are_completed_or_refused(void **state)
{
	struct image_name name;
	struct error err = { 0 };
	char text[IMAGE_NAME_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int result = image_name_parse(names[i].text, &name, &err);
		if (result != (names[i].full ? 0 : -1))
			fail_msg("\"%s\": %d, %s", names[i].text, result, err.text);
		if (!names[i].full)
			continue;
		image_name_format(&name, text);
		assert_string_equal(text, names[i].full);
	}
}

static void lengths_are_bounded(void **state)
{
	struct image_name name;
	struct error err;
	char text[IMAGE_NAME_TEXT_BYTES + 16] = "x.org/";

	(void)state;
	memset(text + 6, 'a', 249);
	assert_int_equal(image_name_parse(text, &name, &err), 0);
	text[6 + 249] = 'a';
	assert_int_equal(image_name_parse(text, &name, &err), -1);
	memset(text, 'a', sizeof(text) - 1);
	text[1] = ':';
	text[2 + 128] = '\0';
	assert_int_equal(image_name_parse(text, &name, &err), 0);
	text[2 + 128] = 'a';
	text[2 + 129] = '\0';
	assert_int_equal(image_name_parse(text, &name, &err), -1);
	memset(text, 'a', sizeof(text) - 1);
	assert_int_equal(image_name_parse(text, &name, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_completed_or_refused),
		cmocka_unit_test(lengths_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
