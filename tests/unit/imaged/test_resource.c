// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/base64url.h"
#include "common/cleanup.h"
#include "guest-init/imaged/resource.h"

static const struct {
	const char *uri, *path; /* NULL: refused */
} uris[] = {
	{ "kbs:///default/key/1", "default/key/1" },
	{ "kbs:///a-b/c_d/e.f", "a-b/c_d/e.f" },
	{ "kbs://broker.example/default/key/1", NULL },
	{ "kbs:///default/key", NULL },
	{ "kbs:///default/key/1/2", NULL },
	{ "kbs:///default/key/", NULL },
	{ "kbs:///default/../1", NULL },
	{ "kbs:///default/key/1?x", NULL },
	{ "kbs:////key/1", NULL },
	{ "/default/key/1", NULL },
	{ "default/key/1", NULL },
	{ "http:///default/key/1", NULL },
	{ "kbs:/", NULL },
	{ "", NULL },
};

static void a_uri_names_a_resource(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		char path[RESOURCE_PATH_BYTES] = "";
		struct error err;
		int result = resource_uri_parse(uris[i].uri, path, &err);
		if (result != (uris[i].path ? 0 : -1) ||
		    strcmp(path, uris[i].path ? uris[i].path : "") != 0)
			fail_msg("%s: %d, \"%s\"", uris[i].uri, result, path);
	}
}

/* The example of guest-components' SEALED_SECRET.md. */
static const char example[] =
	"sealed.fakejwsheader."
	"ewogICAgInZlcnNpb24iOiAiMC4xLjAiLAogICAgInR5cGUiOiAidmF1bHQiLAogICAgIm5hbWUiOiAia2JzOi8v"
	"L2RlZmF1bHQvc2VhbGVkLXNlY3JldC90ZXN0IiwKICAgICJwcm92aWRlciI6ICJrYnMiLAogICAgInByb3ZpZGVy"
	"X3NldHRpbmdzIjoge30sCiAgICAiYW5ub3RhdGlvbnMiOiB7fQp9Cg.fakesignature";

static void the_documented_secret_is_read(void **state)
{
	char path[RESOURCE_PATH_BYTES];
	struct error err;

	(void)state;
	assert_int_equal(sealed_secret_parse((const uint8_t *)example, strlen(example), path, &err),
			 0);
	assert_string_equal(path, "default/sealed-secret/test");
}

#define NAME "\"name\":\"kbs:///a/b/c\""

static const struct {
	const char *payload, *message; /* NULL: taken */
} payloads[] = {
	{ "{\"version\":\"0.1.0\",\"type\":\"vault\",\"provider\":\"kbs\"," NAME "}", NULL },
	{ "{\"version\":\"0.2.0\",\"type\":\"vault\",\"provider\":\"kbs\"," NAME "}",
	  "\"version\" of" },
	{ "{\"type\":\"vault\",\"provider\":\"kbs\"," NAME "}", "" },
	{ "{\"version\":\"0.1.0\",\"provider\":\"kbs\"," NAME "}", "" },
	{ "{\"version\":\"0.1.0\",\"type\":\"envelope\",\"provider\":\"kbs\"}",
	  "a sealed secret of type envelope needs" },
	{ "{\"version\":\"0.1.0\",\"type\":\"other\",\"provider\":\"kbs\"," NAME "}",
	  "\"type\" of" },
	{ "{\"version\":\"0.1.0\",\"type\":\"vault\",\"provider\":\"ehsm\"," NAME "}",
	  "\"provider\" of" },
	{ "{\"version\":\"0.1.0\",\"type\":\"vault\",\"provider\":\"kbs\"}", "" },
	{ "{\"version\":\"0.1.0\",\"type\":\"vault\",\"provider\":\"kbs\",\"name\":\"a/b/c\"}",
	  "the resource \"a/b/c\" is not" },
	{ "[]", "" },
	{ "", "" },
};

static void payloads_are_taken_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		const char *payload = payloads[i].payload;
		cleanup_free char *body =
			base64url_encode((const uint8_t *)payload, strlen(payload));
		char text[512], path[RESOURCE_PATH_BYTES];
		struct error err = { 0 };

		assert_non_null(body);
		(void)snprintf(text, sizeof(text), "sealed.h.%s.s", body);
		int result = sealed_secret_parse((const uint8_t *)text, strlen(text), path, &err);
		const char *message = payloads[i].message;
		if (result != (message ? -1 : 0) ||
		    (message &&
		     (err.kind != ERROR_INPUT || strncmp(err.text, message, strlen(message)) != 0)))
			fail_msg("%s: %d, %s", payload, result, err.text);
	}
}

static const char *const bad_texts[] = {
	"",
	"sealed",
	"sealed.a",
	"sealed.a.e30",
	"sealed.a.e30.c.d",
	"other.a.e30.c",
	"sealed.a.e3=.c",
	"sealed.a.!.c",
	"....",
};

static void other_texts_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
		char path[RESOURCE_PATH_BYTES];
		struct error err = { 0 };
		if (sealed_secret_parse((const uint8_t *)bad_texts[i], strlen(bad_texts[i]), path,
					&err) == 0 ||
		    err.kind != ERROR_INPUT)
			fail_msg("\"%s\": %s", bad_texts[i], err.text);
	}
	char path[RESOURCE_PATH_BYTES];
	struct error err;
	assert_int_equal(sealed_secret_parse((const uint8_t *)"sealed.\0.e30.c", 14, path, &err),
			 -1);
	assert_int_equal(sealed_secret_parse(NULL, 0, path, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_names_a_resource),
		cmocka_unit_test(the_documented_secret_is_read),
		cmocka_unit_test(payloads_are_taken_or_refused),
		cmocka_unit_test(other_texts_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
