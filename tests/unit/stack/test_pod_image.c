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
		cmocka_unit_test(chooses_exactly_one),
		cmocka_unit_test(says_when_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
