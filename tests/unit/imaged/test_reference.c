// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest-init/imaged/reference.h"

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
#define E "sha256:eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"

/* 0 and 1 share an image; 2 was sealed by the digest of an index; 3 has a tag and a digest; 4 came
 * from an archive without manifests; 5 and 6 differ under one name; 7 has no name. */
static const char pod_json[] =
	"{\"version\": 1, \"containers\": ["
	"{\"name\": \"web\", \"image_name\": \"docker.io/library/nginx:1.25\","
	" \"manifest_digest\": \"" A "\"},"
	"{\"name\": \"twin\", \"image_name\": \"docker.io/library/nginx:1.25\","
	" \"manifest_digest\": \"" A "\"},"
	"{\"name\": \"app\", \"image_name\": \"quay.io/org/app@" C "\","
	" \"manifest_digest\": \"" B "\"},"
	"{\"name\": \"db\", \"image_name\": \"docker.io/library/redis:7@" D "\","
	" \"manifest_digest\": \"" D "\"},"
	"{\"name\": \"old\", \"image_name\": \"localhost:5000/old:latest\"},"
	"{\"name\": \"one\", \"image_name\": \"docker.io/me/two:1\","
	" \"manifest_digest\": \"" A "\"},"
	"{\"name\": \"two\", \"image_name\": \"docker.io/me/two:1\","
	" \"manifest_digest\": \"" B "\"},"
	"{\"name\": \"plain\"}]}";

#define SEALED                                                                              \
	"docker.io/library/nginx:1.25, quay.io/org/app@" C ", docker.io/library/redis:7@" D \
	", localhost:5000/old:latest, "                                                     \
	"docker.io/me/two:1"

static const struct {
	const char *text;
	size_t container;
	enum error_kind kind;
	const char *message; /* its beginning */
} cases[] = {
	/* each form of a tag, as the CRI may give it */
	{ "nginx:1.25", 0, 0, "" },
	{ "library/nginx:1.25", 0, 0, "" },
	{ "docker.io/nginx:1.25", 0, 0, "" },
	{ "docker.io/library/nginx:1.25", 0, 0, "" },
	{ "index.docker.io/library/nginx:1.25", 0, 0, "" },
	{ "localhost:5000/old", 4, 0, "" },
	{ "localhost:5000/old:latest", 4, 0, "" },
	{ "redis:7", 3, 0, "" },
	/* digests: the manifest's, or what the pod says */
	{ "nginx@" A, 0, 0, "" },
	{ "nginx:1.25@" A, 0, 0, "" },
	{ "quay.io/org/app@" B, 2, 0, "" },
	{ "quay.io/org/app@" C, 2, 0, "" },
	{ "quay.io/org/app:v1@" C, 2, 0, "" },
	{ "redis@" D, 3, 0, "" },
	{ "me/two@" A, 5, 0, "" },
	{ "me/two@" B, 6, 0, "" },
	/* not sealed */
	{ "evil", 0, ERROR_MISMATCH, "image evil is not part of the sealed pod; sealed: " SEALED },
	{ "nginx", 0, ERROR_MISMATCH, "image nginx is not part of" },
	{ "nginx:1.26", 0, ERROR_MISMATCH, "image nginx:1.26 is not part of" },
	{ "quay.io/org/app", 0, ERROR_MISMATCH, "image quay.io/org/app is not part of" },
	{ "nginx.example/nginx:1.25", 0, ERROR_MISMATCH,
	  "image nginx.example/nginx:1.25 is not part" },
	{ "docker.io/nginx/nginx:1.25", 0, ERROR_MISMATCH,
	  "image docker.io/nginx/nginx:1.25 is not part" },
	{ "mirror.example/library/nginx@" A, 0, ERROR_MISMATCH,
	  "image mirror.example/library/nginx@" A " is not part" },
	{ "plain", 0, ERROR_MISMATCH, "image plain is not part" },
	/* the name is sealed, the digest is not */
	{ "nginx:1.25@" E, 0, ERROR_MISMATCH,
	  "image nginx:1.25@" E " has another digest than the one in the sealed pod, " A },
	{ "nginx@" B, 0, ERROR_MISMATCH,
	  "image nginx@" B " has another digest than the one in the sealed pod, " A },
	{ "redis:7@" A, 0, ERROR_MISMATCH,
	  "image redis:7@" A " has another digest than the one in the sealed pod, " D },
	{ "localhost:5000/old@" A, 0, ERROR_MISMATCH,
	  "image localhost:5000/old@" A " has another digest than the one in the sealed pod, "
	  "which was sealed without one" },
	{ "nginx:1.26@" E, 0, ERROR_MISMATCH, "image nginx:1.26@" E " is not part of" },
	/* two that differ */
	{ "me/two:1", 0, ERROR_MISMATCH,
	  "image me/two:1 is sealed twice, as containers one and two, and they differ" },
	/* no references */
	{ "", 0, ERROR_INPUT, "" },
	{ "Nginx:1.25", 0, ERROR_INPUT, "" },
	{ "nginx:1.25 ", 0, ERROR_INPUT, "" },
	{ "nginx@sha256:aa", 0, ERROR_INPUT, "" },
	{ "nginx@sha512:aa", 0, ERROR_INPUT, "" },
	{ A, 0, ERROR_MISMATCH, "image " A " is not part of" },
	{ "../nginx:1.25", 0, ERROR_INPUT, "" },
};

static void a_reference_means_one_container_or_none(void **state)
{
	cleanup_sealed_pod struct sealed_pod pod = { .count = 0 };
	struct error err;

	(void)state;
	assert_int_equal(sealed_pod_parse((const uint8_t *)pod_json, strlen(pod_json), &pod, &err),
			 0);
	assert_int_equal(pod.count, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t found = SIZE_MAX;
		err = (struct error){ 0 };
		int result = reference_find(cases[i].text, &pod, &found, &err);
		if (result != (cases[i].kind ? -1 : 0) || err.kind != cases[i].kind ||
		    strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0 ||
		    found != (cases[i].kind ? SIZE_MAX : cases[i].container))
			fail_msg("\"%s\": %d, container %zu, kind %d, %s", cases[i].text, result,
				 found, (int)err.kind, err.text);
	}
}

static void a_pod_without_named_images_says_so(void **state)
{
	static const char json[] = "{\"version\": 1, \"containers\": [{\"name\": \"x\"}]}";
	cleanup_sealed_pod struct sealed_pod pod = { .count = 0 };
	struct error err;
	size_t found;

	(void)state;
	assert_int_equal(sealed_pod_parse((const uint8_t *)json, strlen(json), &pod, &err), 0);
	assert_int_equal(reference_find("a", &pod, &found, &err), -1);
	assert_string_equal(err.text, "image a is not part of the sealed pod; sealed: no image "
				      "that has a name");
}

/* The list is cut, the message stays one line of text. */
static void a_long_list_is_cut(void **state)
{
	struct sealed_container containers[64] = { 0 };
	const struct sealed_pod pod = { 64, containers };
	struct error err;
	size_t found;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		char text[300];
		memset(text, 'x', sizeof(text));
		text[0] = (char)('a' + i % 26);
		text[1] = (char)('a' + i / 26);
		text[200] = '\0';
		containers[i].has_image = true;
		assert_int_equal(image_name_parse(text, &containers[i].image, &err), 0);
	}
	assert_int_equal(reference_find("evil", &pod, &found, &err), -1);
	assert_true(strlen(err.text) < ERROR_TEXT_BYTES - 1);
	assert_string_equal(err.text + strlen(err.text) - 3, "...");
}

static const char *const bad_pods[] = {
	"",
	"[]",
	"{}",
	"{\"version\": 2, \"containers\": []}",
	"{\"version\": 1}",
	"{\"version\": 1, \"containers\": {}}",
	"{\"version\": 1, \"containers\": [1]}",
	"{\"version\": 1, \"containers\": [{}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"..\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"a/b\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"a,b\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": "
	"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"a\", \"image_name\": \"A B\"}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"a\", \"manifest_digest\": 1}]}",
	"{\"version\": 1, \"containers\": [{\"name\": \"a\", \"manifest_digest\": \"" A A "\"}]}",
	"{\"version\": 1, \"containers\": []} x",
};

static void a_bad_pod_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_pods) / sizeof(bad_pods[0]); i++) {
		struct sealed_pod pod;
		struct error err = { 0 };
		if (sealed_pod_parse((const uint8_t *)bad_pods[i], strlen(bad_pods[i]), &pod,
				     &err) == 0 ||
		    err.kind != ERROR_INPUT)
			fail_msg("%s: %s", bad_pods[i], err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_means_one_container_or_none),
		cmocka_unit_test(a_pod_without_named_images_says_so),
		cmocka_unit_test(a_long_list_is_cut),
		cmocka_unit_test(a_bad_pod_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
