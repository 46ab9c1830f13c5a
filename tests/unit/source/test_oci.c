// SPDX-License-Identifier: Apache-2.0
/* The parsers of index, manifest and config, and the choice in an index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "builder/source/docker_manifest.h"
#include "builder/source/oci.h"

#define HEX      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST   "\"digest\":\"sha256:" HEX "\",\"size\":7"
#define OCI      "application/vnd.oci.image."
#define TYPE(t)  "\"mediaType\":\"" t "\""
#define MANIFEST OCI "manifest.v1+json"
#define CONFIG   "\"config\":{" TYPE(OCI "config.v1+json") "," DIGEST "}"
#define LAYER    "{" TYPE(OCI "layer.v1.tar+gzip") "," DIGEST "}"
#define V2       "\"schemaVersion\":2"

static struct error error;

#define BYTES(text) (const uint8_t *)(text), strlen(text)

static void test_manifest(void **state)
{
	cleanup_oci_manifest struct oci_manifest m = { 0 };

	(void)state;
	assert_int_equal(oci_manifest_parse(BYTES("{" V2 ",\"new\":[]," CONFIG ",\"layers\":[" LAYER
						  "," LAYER "]}"),
					    &m, &error),
			 0);
	assert_int_equal(m.layer_count, 2);
	assert_string_equal(m.layers[1].digest, "sha256:" HEX);
	assert_int_equal(m.config.size_bytes, 7);
}

static void test_docker_manifest_version_2(void **state)
{
	cleanup_oci_manifest struct oci_manifest m = { 0 };

	(void)state;
	assert_int_equal(
		oci_manifest_parse(
			BYTES("{" V2 "," TYPE(
				"application/"
				"vnd.docker.distribution.manifest.v2+"
				"json") ","
					"\"config\":{" TYPE(
						"application/"
						"vnd.docker.container."
						"image.v1+json") "," DIGEST "},"
								 "\"layer"
								 "s\":["
								 "{" TYPE(
									 "application/"
									 "vnd.docker.image.rootfs."
									 "diff.tar.gzip") "," DIGEST
											  "}]}"),
			&m, &error),
		0);
	assert_int_equal(m.layer_count, 1);
}

static void test_refused_manifests(void **state)
{
	static const struct {
		const char *json, *why;
	} rows[] = {
		{ "", "not valid JSON" },
		{ "[]", "not an object" },
		{ "{" V2 "}", "no \"config\"" },
		{ "{\"schemaVersion\":1}", "schema 1" },
		{ "{\"schemaVersion\":3}", "schemaVersion of manifest is 3, should be 2" },
		{ "{" V2 "," CONFIG "}", "no \"layers\"" },
		{ "{" V2 "," CONFIG ",\"layers\":[7]}", "not an object" },
		{ "{" V2 "," CONFIG ",\"layers\":[],\"manifests\":[]}", "may not have" },
		{ "{" V2 "," TYPE(OCI "index.v1+json") "," CONFIG ",\"layers\":[]}",
		  "says its media type is" },
		{ "{" V2 ",\"artifactType\":\"application/x\"," CONFIG ",\"layers\":[]}",
		  "an artifact (\"application/x\")" },
		{ "{" V2 ",\"config\":{" TYPE(
			  "application/vnd.oci.empty.v1+json") "," DIGEST "},\"layers\":[]}",
		  "not an image: its config has the media type" },
		{ "{" V2 "," CONFIG ",\"layers\":[{" TYPE("text/plain") "," DIGEST "}]}",
		  "layer 1 has the unknown media type \"text/plain\"" },
		{ "{" V2 "," CONFIG ",\"layers\":[{" TYPE(
			  OCI "layer.v1.tar") ",\"digest\":\"sha512:" HEX HEX "\",\"size\":7}]}",
		  "digest algorithm \"sha512\" is not supported" },
		{ "{" V2 "," CONFIG ",\"layers\":[{" TYPE(
			  OCI
			  "layer.v1.tar") ",\"digest\":\"sha256:../../etc/passwd\",\"size\":7}]}",
		  "64 lower-case digits" },
		{ "{" V2 "," CONFIG ",\"layers\":[{" TYPE(
			  OCI "layer.v1.tar") ",\"digest\":\"sha256:"
					      "0123456789ABCDEF0123456789abcdef0123456789abcdef0123"
					      "456789abcdef\",\"size\":7}]}",
		  "64 lower-case digits" },
		{ "{" V2 "," CONFIG ",\"layers\":[{" TYPE(
			  OCI "layer.v1.tar") ",\"digest\":\"sha256:" HEX "\",\"size\":-1}]}",
		  "not a whole number" },
		{ "{" V2 "," CONFIG ",\"layers\":[]} x", "not valid JSON" },
		{ "{" V2 "," CONFIG ",\"layers\":[],\"layers\":[]}", "duplicate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oci_manifest m = { 0 };
		if (oci_manifest_parse(BYTES(rows[i].json), &m, &error) == 0)
			fail_msg("row %zu was taken", i);
		assert_int_equal(error.kind, ERROR_INPUT);
		if (!strstr(error.text, rows[i].why))
			fail_msg("row %zu: \"%s\"", i, error.text);
	}
}

static void test_depth(void **state)
{
	static char deep[20001];
	struct oci_index index;

	(void)state;
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	assert_int_equal(oci_index_parse(BYTES(deep), &index, &error), -1);
	assert_int_equal(error.kind, ERROR_INPUT);
}

static void test_config(void **state)
{
	cleanup_oci_config struct oci_config c = { 0 };

	(void)state;
	assert_int_equal(
		oci_config_parse(BYTES("{\"os\":\"linux\",\"architecture\":\"arm64\","
				       "\"variant\":\"v8\",\"created\":"
				       "\"2025-01-01T00:00:00.123456789Z\",\"rootfs\":{"
				       "\"type\":\"layers\",\"diff_ids\":[\"sha256:" HEX "\"]}}"),
				 &c, &error),
		0);
	assert_int_equal(c.created, 1735689600);
	assert_int_equal(c.diff_id_count, 1);
	assert_string_equal(c.architecture, "arm64");
}

static void test_refused_configs(void **state)
{
	static const struct {
		const char *json, *why;
	} rows[] = {
		{ "{}", "no \"rootfs\"" },
		{ "{\"rootfs\":{}}", "no \"diff_ids\"" },
		{ "{\"rootfs\":{\"diff_ids\":[1]}}", "diff ID 1 is not a string" },
		{ "{\"rootfs\":{\"diff_ids\":[\"x\"]}}", "diff ID 1: \"x\" is not sha256:" },
		{ "{\"created\":\"yesterday\",\"rootfs\":{\"diff_ids\":[]}}",
		  "\"yesterday\" is not a time" },
		{ "{\"os\":7,\"rootfs\":{\"diff_ids\":[]}}", "\"os\" of config is not a string" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct oci_config c = { 0 };
		if (oci_config_parse(BYTES(rows[i].json), &c, &error) == 0)
			fail_msg("row %zu was taken", i);
		if (!strstr(error.text, rows[i].why))
			fail_msg("row %zu: \"%s\"", i, error.text);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T01:00:00+01:00", 0 },
		{ "1969-12-31T23:59:59.9-00:00", -1 },
		{ "2024-02-29t12:00:00z", 1709208000 },
		{ "0001-01-01T00:00:00Z", -62135596800 },
	};
	static const char *const refused[] = {
		"",
		"1970-01-01",
		"1970-01-01 00:00:00Z",
		"1970-13-01T00:00:00Z",
		"1970-01-01T00:00:00",
		"1970-01-01T00:00:00.Z",
		"1970-01-01T00:00:00Zx",
	};
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(oci_time_parse(rows[i].text, &seconds, &error), 0);
		assert_int_equal(seconds, rows[i].seconds);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(oci_time_parse(refused[i], &seconds, &error), -1);
}

/* An index entry whose size tells which it is. */
#define ENTRY(n, more) "{" TYPE(MANIFEST) ",\"digest\":\"sha256:" HEX "\",\"size\":" #n more "}"
#define PLATFORM(arch) ",\"platform\":{\"os\":\"linux\",\"architecture\":" arch "}"
#define TAG(tag)       ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag "\"}"
#define INDEX(entries) "{" V2 ",\"manifests\":[" entries "]}"

/* The size of the entry chosen, or -1. */
static int choose(const char *json, const char *tag, const char *arch)
{
	cleanup_oci_index struct oci_index index = { 0 };
	const struct oci_descriptor *chosen;
	struct platform platform;

	assert_int_equal(platform_parse(arch, &platform, &error), 0);
	if (oci_index_parse(BYTES(json), &index, &error) < 0 ||
	    oci_index_choose_tag(&index, tag, &platform, &chosen, &error) < 0)
		return -1;
	return (int)chosen->size_bytes;
}

static void test_choice_by_tag(void **state)
{
	const char *two = INDEX(ENTRY(1, TAG("a")) "," ENTRY(2, TAG("b")));

	(void)state;
	assert_int_equal(choose(INDEX(ENTRY(1, "")), NULL, "amd64"), 1);
	assert_int_equal(choose(INDEX(ENTRY(1, TAG("a"))), NULL, "amd64"), 1);
	assert_int_equal(choose(two, "b", "amd64"), 2);
	assert_int_equal(choose(two, NULL, "amd64"), -1);
	assert_string_equal(error.text, "holds several images, so name a tag: a, b");
	assert_int_equal(choose(two, "c", "amd64"), -1);
	assert_string_equal(error.text, "no image is tagged \"c\": there is a, b");
	assert_int_equal(choose(INDEX(""), NULL, "amd64"), -1);
	assert_string_equal(error.text, "the index holds no image");
}

static void test_choice_by_platform(void **state)
{
	const char *many = INDEX(ENTRY(1, PLATFORM("\"arm64\"")) "," ENTRY(2, PLATFORM("\"amd64\"")) "," ENTRY(
		3,
		PLATFORM(
			"\"amd64\",\"variant\":\"v3\"")) "," ENTRY(4,
								   PLATFORM(
									   "\"amd64\"")) "," ENTRY(5,
												   PLATFORM(
													   "\"unknown\"")));
	const char *artifact = INDEX(ENTRY(1, "") "," ENTRY(2, ",\"artifactType\":\"sig\""));

	(void)state;
	assert_int_equal(choose(many, NULL, "arm64/v8"), 1);
	assert_int_equal(choose(many, NULL, "amd64"), 2);
	assert_int_equal(choose(many, NULL, "amd64/v3"), 3);
	assert_int_equal(choose(many, NULL, "s390x"), -1);
	assert_string_equal(error.text, "no image for s390x: there is arm64, amd64, amd64/v3, "
					"amd64, unknown");
	assert_int_equal(choose(artifact, NULL, "amd64"), 1);
	assert_int_equal(choose(INDEX(ENTRY(1, ",\"platform\":{\"os\":\"windows\","
					       "\"architecture\":\"amd64\"}")),
				NULL, "amd64"),
			 -1);
}

#define IMAGE(config, tags, layers) \
	"{\"Config\":\"" config "\",\"RepoTags\":[" tags "],\"Layers\":[" layers "]}"

static void test_docker_archive_manifest(void **state)
{
	const char *json =
		"[" IMAGE("a.json", "\"nginx:latest\",\"x:1\"", "\"1/layer.tar\"") "," IMAGE(
			"b.json", "\"quay.io/a/b:2\"", "") "," IMAGE("c.json", "", "") "]";
	static const struct {
		const char *name, *config, *tag;
	} rows[] = {
		{ "nginx", "a.json", "nginx:latest" },
		{ "docker.io/library/x:1", "a.json", "x:1" },
		{ "quay.io/a/b:2", "b.json", "quay.io/a/b:2" },
		{ "@2", "c.json", NULL },
		{ "@0", "a.json", "nginx:latest" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_docker_manifest struct docker_manifest m = { 0 };
		assert_int_equal(docker_manifest_parse(BYTES(json), rows[i].name, &m, &error), 0);
		assert_string_equal(m.image.config, rows[i].config);
		if (rows[i].tag)
			assert_string_equal(m.image.repo_tag, rows[i].tag);
		else
			assert_null(m.image.repo_tag);
	}
}

static void test_refused_docker_archive_manifests(void **state)
{
	const char *two = "[" IMAGE("a.json", "\"x:1\"", "") "," IMAGE("b.json", "", "") "]";
	const struct {
		const char *json, *name, *why;
	} rows[] = {
		{ "{}", NULL, "not an array" },
		{ "[]", NULL, "names no image" },
		{ "[7]", NULL, "not an object" },
		{ two, NULL, "holds several images, so name one: @0 x:1, @1" },
		{ two, "y", "no image is tagged \"y\": there is @0 x:1, @1" },
		{ two, "@2", "number of the image in the archive" },
		{ "[{\"Layers\":[]}]", NULL, "\"Config\" of manifest.json is not the name" },
		{ "[{\"Config\":\"a\",\"Layers\":[1]}]", NULL, "a layer of manifest.json is not" },
		{ "[{\"Config\":\"a\",\"RepoTags\":[1],\"Layers\":[]}]", NULL, "\"RepoTags\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct docker_manifest m = { 0 };
		if (docker_manifest_parse(BYTES(rows[i].json), rows[i].name, &m, &error) == 0)
			fail_msg("row %zu was taken", i);
		if (!strstr(error.text, rows[i].why))
			fail_msg("row %zu: \"%s\"", i, error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_docker_manifest_version_2),
		cmocka_unit_test(test_refused_manifests),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_refused_configs),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_choice_by_tag),
		cmocka_unit_test(test_choice_by_platform),
		cmocka_unit_test(test_docker_archive_manifest),
		cmocka_unit_test(test_refused_docker_archive_manifests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
