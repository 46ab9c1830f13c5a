// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/pod_image.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A     "sha256:" HEX_A
#define B     "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C     "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D     "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

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

static const char *const web_names[] = { "web:1.25", "registry.example/web:1.25" };
static const char *const old_names[] = { "docker.io/library/web:1.24" };
static const char *const odd_names[] = { "not a name!" };
static const char *const app_names[] = { "app" };

static const struct image_candidate candidates[] = {
	{ "oci:d/web:1.25", 2, web_names, A, B, "sha256:1" },
	{ "oci:d/old:1.24", 1, old_names, C, "", "sha256:2" },
	{ "oci:d/odd", 1, odd_names, "", "", "" },
	{ "oci-archive:d/app.tar", 1, app_names, D, "", "sha256:3" },
	{ "docker-archive:d/app2.tar", 1, app_names, "", "", "sha256:3" },
	{ "docker-archive:d/web.tar", 1, web_names + 1, "", "", "sha256:9" },
	{ "docker-archive:d/nameless.tar", 0, NULL, "", "", "sha256:8" },
};

static const struct {
	const char *text;
	size_t chosen;
	const char *error;
} choices[] = {
	{ "web:1.25", 0, NULL },
	{ "docker.io/library/web:1.25", 0, NULL },
	{ "web:1.24", 1, NULL },
	{ "app", 3, NULL }, /* twice, but the same image */
	{ "app:latest", 3, NULL },
	{ "web@" A, 0, NULL },
	{ "web@" B, 0, NULL },   /* of the index */
	{ "other@" C, 1, NULL }, /* content has no other name */
	{ "web:1.24@" C, 1, NULL },
	{ "web:1.24@" A, 0, NULL }, /* the digest decides */
	{ "web:1.25@" D, 3, NULL },
	{ "web", 0, "\"web\" is not there; there are web:1.25, docker.io/library/web:1.24" },
	{ "web:1.26", 0, "is not there" },
	{ "web:1.25@sha256:" HEX_A "b", 0, "digest" },
	{ "web:1.25@sha256:0000000000000000000000000000000000000000000000000000000000000000", 0,
	  "there are web:1.25@" A ", docker.io/library/web:1.24," },
	{ "registry.example/web:1.25", 0, "may be oci:d/web:1.25 or docker-archive:d/web.tar" },
	{ "Bad Name", 0, "is not an image name" },
};

static void chooses_exactly_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		size_t chosen = 99;
		struct error err = { 0 };
		int result =
			image_choose(choices[i].text, candidates,
				     sizeof(candidates) / sizeof(candidates[0]), &chosen, &err);
		if (result != (choices[i].error ? -1 : 0) ||
		    chosen != (choices[i].error ? 99 : choices[i].chosen) ||
		    (choices[i].error && !strstr(err.text, choices[i].error)))
			fail_msg("%s: %d, %zu, %s", choices[i].text, result, chosen, err.text);
	}
}

static void says_when_there_is_nothing(void **state)
{
	size_t chosen;
	struct error err;

	(void)state;
	assert_int_equal(image_choose("web", NULL, 0, &chosen, &err), -1);
	assert_string_equal(err.text, "image \"web\" is not there; there are none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_completed_or_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(chooses_exactly_one),
		cmocka_unit_test(says_when_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
