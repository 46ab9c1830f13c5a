// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builder/source/platform.h"
#include "builder/source/reference.h"

static void assert_text(const char *found, const char *wanted)
{
	if (!found || !wanted)
		assert_ptr_equal(found, wanted);
	else
		assert_string_equal(found, wanted);
}

static void test_references(void **state)
{
	static const struct {
		const char *text;
		enum reference_kind kind;
		const char *path, *name;
	} rows[] = {
		{ "oci:dir", REFERENCE_OCI, "dir", NULL },
		{ "oci:/a/b:latest", REFERENCE_OCI, "/a/b", "latest" },
		{ "oci:d:docker.io/library/x:1", REFERENCE_OCI, "d", "docker.io/library/x:1" },
		{ "oci-archive:f.tar:v1", REFERENCE_OCI_ARCHIVE, "f.tar", "v1" },
		{ "docker-archive:f.tar", REFERENCE_DOCKER_ARCHIVE, "f.tar", NULL },
		{ "docker-archive:f.tar:nginx:1.27", REFERENCE_DOCKER_ARCHIVE, "f.tar",
		  "nginx:1.27" },
		{ "docker-archive:f.tar:@2", REFERENCE_DOCKER_ARCHIVE, "f.tar", "@2" },
		{ "rootfs:a:b.tar", REFERENCE_ROOTFS, "a:b.tar", NULL },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_reference struct reference r = { 0 };
		assert_int_equal(reference_parse(rows[i].text, &r, &err), 0);
		assert_int_equal(r.kind, rows[i].kind);
		assert_text(r.path, rows[i].path);
		assert_text(r.name, rows[i].name);
	}
}

static void test_refused_references(void **state)
{
	static const char *const rows[] = { "",       "oci",    "oci:",       "oci::latest",
					    "oci:a:", "dir",    "docker://x", "rootfs:",
					    "OCI:a",  "dir:/x", " oci:a" };
	struct reference r = { 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (reference_parse(rows[i], &r, &err) == 0)
			fail_msg("\"%s\" was taken", rows[i]);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_null(r.path);
	}
}

static void test_names_of_one_image(void **state)
{
	(void)state;
	assert_true(reference_same_image("nginx", "docker.io/library/nginx:latest"));
	assert_true(reference_same_image("nginx:1", "library/nginx:1"));
	assert_true(reference_same_image("quay.io/a/b", "quay.io/a/b:latest"));
	assert_false(reference_same_image("nginx:1", "nginx"));
	assert_false(reference_same_image("quay.io/nginx", "nginx"));
	assert_false(reference_same_image("nginx", "nginx2"));
}

static void test_platforms(void **state)
{
	static const struct {
		const char *wanted, *architecture, *variant;
		int rank;
	} rows[] = {
		{ "amd64", "amd64", NULL, 1 },       { "amd64", "amd64", "", 1 },
		{ "amd64", "amd64", "v3", -1 },      { "amd64/v3", "amd64", "v2", 2 },
		{ "amd64/v3", "amd64", NULL, 1 },    { "amd64/v3", "amd64", "v4", -1 },
		{ "amd64", "arm64", NULL, -1 },      { "arm64", "arm64", "v8", 8 },
		{ "arm64/v8", "arm64", NULL, 8 },    { "arm64", "arm64", "v9", -1 },
		{ "arm64/v9", "arm64", "v9", 9 },    { "arm", "arm", "v6", 6 },
		{ "arm", "arm", "v7", 7 },           { "arm/v6", "arm", "v7", -1 },
		{ "mips/soft", "mips", "soft", 10 }, { "mips", "mips", "soft", -1 },
	};
	struct platform platform;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(platform_parse(rows[i].wanted, &platform, &err), 0);
		if (platform_rank(&platform, rows[i].architecture, rows[i].variant) != rows[i].rank)
			fail_msg("row %zu", i);
	}
	assert_int_equal(platform_parse(NULL, &platform, &err), 0);
	assert_true(strlen(platform.architecture) > 0);
}

static void test_refused_platforms(void **state)
{
	static const char *const rows[] = { "",
					    "/v8",
					    "arm64/",
					    "arm64/v8/x",
					    "amd64/a-variant-that-is-long",
					    "an-architecture-of-more-than-thirty-one-bytes" };
	struct platform platform;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (platform_parse(rows[i], &platform, &err) == 0)
			fail_msg("\"%s\" was taken", rows[i]);
		assert_int_equal(err.kind, ERROR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_refused_references),
		cmocka_unit_test(test_names_of_one_image),
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_refused_platforms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
