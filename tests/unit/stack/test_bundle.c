// SPDX-License-Identifier: Apache-2.0
/* The golden files of tests/unit/stack/golden were read line by line against the image
 * specification's conversion.md and the runtime specification's schema before they were kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/bundle.h"
#include "builder/stack/pod_record.h"
#include "common/io.h"
#include "common/json.h"

#define DIGEST "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nnginx:x:101:102::/var/cache/nginx:/x\n"
			     "user:x:1000:1000::/home/user:/bin/sh\n";
static const char group[] = "root:x:0:\nnginx:x:102:\nlog:x:4:nginx,user,root\n";

static const char image_json[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2024-05-29T21:38:04Z\","
	"\"config\":{\"User\":\"nginx\",\"ExposedPorts\":{\"80/tcp\":{},\"443/tcp\":{}},"
	"\"Env\":[\"PATH=/opt/bin:/bin\",\"VERSION=1.25\",\"MODE=slow\"],"
	"\"Entrypoint\":[\"/entry.sh\"],\"Cmd\":[\"nginx\",\"-g\",\"daemon off;\"],"
	"\"Volumes\":{\"/var/cache/nginx/\":{},\"/data\":{},\"relative\":{}},"
	"\"WorkingDir\":\"/usr/share/nginx\",\"StopSignal\":\"SIGQUIT\","
	"\"Labels\":{\"maintainer\":\"someone\",\"org.opencontainers.image.author\":\"explicit\","
	"\"run.oci.handler\":\"krun\",\"org.systemd.property.Slice\":\"'x'\","
	"\"io.katacontainers.config.hypervisor.kernel\":\"/k\",\"podseal.image.name\":\"lie\"}}}";

/* Everything that a bundle is made from, around one image config and one pod. */
struct fixture {
	struct pod *pod;
	struct image_config *config;
	struct bundle_image image;
};

static void fixture_free(struct fixture *f)
{
	pod_free(f->pod);
	image_config_free(f->config);
}

static struct fixture fixture_of(const char *image_text, const char *pod_yaml)
{
	static const struct pod_yaml_options options = { .allow_privileged = true };
	struct fixture f = { 0 };
	cleanup_json json_t *json = json_loads(image_text, 0, NULL);
	struct error err = { 0 };

	assert_non_null(json);
	if (image_config_decode(json, &f.config, &err) < 0 ||
	    (pod_yaml ? pod_yaml_parse((const uint8_t *)pod_yaml, strlen(pod_yaml), &options,
				       &f.pod, &err)
		      : pod_new(&f.pod, &err)) < 0 ||
	    (!pod_yaml && pod_add(f.pod, POD_CONTAINER, "c=oci:x", &err) < 0))
		fail_msg("%s", err.text);
	f.image = (struct bundle_image){
		.config = f.config,
		.files = { (const uint8_t *)passwd, (const uint8_t *)group, strlen(passwd),
			   strlen(group) },
		.name = "nginx:1.25",
		.manifest_digest = DIGEST,
	};
	return f;
}

/* The same text as the golden file; with PODSEAL_GOLDEN set it becomes that. */
static void assert_golden(const char *text, size_t size, const char *path)
{
	cleanup_free uint8_t *expected = NULL;
	size_t expected_size;
	struct error err;

	if (getenv("PODSEAL_GOLDEN")) {
		FILE *out = fopen(path, "w");
		assert_non_null(out);
		assert_int_equal(fwrite(text, 1, size, out), size);
		assert_int_equal(fclose(out), 0);
	}
	if (file_read(path, 1 << 20, &expected, &expected_size, &err) < 0)
		fail_msg("%s", err.text);
	if (expected_size != size || memcmp(expected, text, size) != 0)
		fail_msg("differs from %s:\n%s", path, text);
}

static void assert_bundle(struct fixture *f, size_t container, const char *golden)
{
	cleanup_json json_t *config = NULL;
	cleanup_free char *text = NULL;
	struct error err = { 0 };
	size_t size;

	if (bundle_config(f->pod, &f->pod->containers[container], &f->image, &config, &err) < 0 ||
	    bundle_config_text(config, &text, &size, &err) < 0)
		fail_msg("%s", err.text);
	assert_golden(text, size, golden);
}

static void an_image_alone(void **state)
{
	CLEANUP(fixture_free) struct fixture f = fixture_of(image_json, NULL);

	(void)state;
	assert_bundle(&f, 0, "tests/unit/stack/golden/bundle-image.json");
}

static void a_pod_overrides(void **state)
{
	cleanup_free uint8_t *yaml = NULL;
	struct error err = { 0 };
	size_t size;

	(void)state;
	if (file_read("tests/fuzz/stack/corpus/pod_yaml/web.yaml", 1 << 20, &yaml, &size, &err) < 0)
		fail_msg("%s", err.text);
	CLEANUP(fixture_free) struct fixture f = fixture_of(image_json, (const char *)yaml);
	assert_bundle(&f, 0, "tests/unit/stack/golden/bundle-migrate.json");
	assert_bundle(&f, 1, "tests/unit/stack/golden/bundle-mesh.json");
	assert_bundle(&f, 2, "tests/unit/stack/golden/bundle-nginx.json");

	const struct pod_record_image images[] = {
		{ "registry.example/shop/migrate:3", DIGEST, "sha256:1" },
		{ "haproxy:2.9", "", "sha256:2" },
		{ NULL, "", "" },
	};
	cleanup_free char *text = NULL;
	assert_int_equal(pod_record(f.pod, images, &text, &size, &err), 0);
	assert_golden(text, size, "tests/unit/stack/golden/pod.json");
}

#define POD_OF(spec, lines)                                                                     \
	"{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" spec "volumes: [{name: v}]," \
	" containers: [{name: c, image: i, " lines "}]}}"
#define POD(lines) POD_OF("", lines)

/* Members of config.json by a path of names with dots, as compact JSON. */
static const struct {
	const char *name, *image, *pod, *path, *value;
} rows[] = {
	{ "entrypoint and cmd", image_json, NULL, "process.args",
	  "[\"/entry.sh\",\"nginx\",\"-g\",\"daemon off;\"]" },
	{ "args replace cmd", image_json, POD("args: [x]"), "process.args",
	  "[\"/entry.sh\",\"x\"]" },
	{ "command replaces both", image_json, POD("command: [x]"), "process.args", "[\"x\"]" },
	{ "command and args", image_json, POD("command: [x], args: [b]"), "process.args",
	  "[\"x\",\"b\"]" },
	{ "empty command is none", image_json, POD("command: [], args: [b]"), "process.args",
	  "[\"/entry.sh\",\"b\"]" },
	{ "PATH, HOME and cwd have defaults", "{\"config\":{\"Cmd\":[\"x\"]}}", NULL, "process.env",
	  "[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"HOME=/"
	  "root\"]" },
	{ "cwd", "{\"config\":{\"Cmd\":[\"x\"]}}", NULL, "process.cwd", "\"/\"" },
	{ "HOME of a user without entry", "{\"config\":{\"Cmd\":[\"x\"],\"User\":\"7\"}}", NULL,
	  "process.env",
	  "[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"HOME=/\"]" },
	{ "the last of an image's equal names counts",
	  "{\"config\":{\"Cmd\":[\"x\"],\"Env\":[\"PATH=a\",\"HOME=b\",\"PATH=c\",\"PATHS=d\"]}}",
	  NULL, "process.env", "[\"PATH=c\",\"HOME=b\",\"PATHS=d\"]" },
	{ "root has its groups", "{\"config\":{\"Cmd\":[\"x\"]}}", NULL, "process.user",
	  "{\"additionalGids\":[4],\"gid\":0,\"uid\":0}" },
	{ "runAsUser", image_json, POD("securityContext: {runAsUser: 1000}"), "process.user",
	  "{\"additionalGids\":[4],\"gid\":1000,\"uid\":1000}" },
	{ "runAsUser and runAsGroup", image_json,
	  POD("securityContext: {runAsUser: 1000, runAsGroup: 4}"), "process.user",
	  "{\"gid\":4,\"uid\":1000}" },
	{ "runAsGroup alone", image_json, POD("securityContext: {runAsGroup: 7}"), "process.user",
	  "{\"additionalGids\":[4],\"gid\":7,\"uid\":101}" },
	{ "the pod's groups are added", image_json,
	  POD_OF("securityContext: {supplementalGroups: [9, 4, 102, 9], fsGroup: 3}, ", ""),
	  "process.user", "{\"additionalGids\":[3,4,9],\"gid\":102,\"uid\":101}" },
	{ "supplementalGroupsPolicy Strict", image_json,
	  POD_OF("securityContext: {supplementalGroups: [9], supplementalGroupsPolicy: Strict}, ",
		 ""),
	  "process.user", "{\"additionalGids\":[9],\"gid\":102,\"uid\":101}" },
	{ "drop ALL, add one", image_json,
	  POD("securityContext: {runAsUser: 0, capabilities: {drop: [ALL], add: "
	      "[NET_BIND_SERVICE]}}"),
	  "process.capabilities",
	  "{\"ambient\":[],\"bounding\":[\"CAP_NET_BIND_SERVICE\"],\"effective\":[\"CAP_NET_BIND_"
	  "SERVICE\"],\"inheritable\":[],\"permitted\":[\"CAP_NET_BIND_SERVICE\"]}" },
	{ "not root: none in effect", image_json,
	  POD("securityContext: {capabilities: {drop: [ALL], add: [CHOWN]}}"),
	  "process.capabilities",
	  "{\"ambient\":[],\"bounding\":[\"CAP_CHOWN\"],\"effective\":[],\"inheritable\":[],"
	  "\"permitted\":[]}" },
	{ "read-only root", image_json, POD("securityContext: {readOnlyRootFilesystem: true}"),
	  "root", "{\"path\":\"rootfs\",\"readonly\":true}" },
	{ "privileged: devices", image_json, POD("securityContext: {privileged: true}"),
	  "linux.resources", "{\"devices\":[{\"access\":\"rwm\",\"allow\":true}]}" },
	{ "privileged: nothing masked", image_json, POD("securityContext: {privileged: true}"),
	  "linux.maskedPaths", NULL },
	{ "no network namespace", image_json, NULL, "linux.namespaces",
	  "[{\"type\":\"cgroup\"},{\"type\":\"ipc\"},{\"type\":\"mount\"},{\"type\":\"pid\"},"
	  "{\"type\":\"uts\"}]" },
	{ "hostname", image_json, POD(""), "hostname", "\"p\"" },
	{ "no hostname", image_json, NULL, "hostname", NULL },
};

static const json_t *follow(const json_t *json, const char *path)
{
	char name[64];

	for (;; path++) {
		size_t size = strcspn(path, ".");
		(void)snprintf(name, sizeof(name), "%.*s", (int)size, path);
		json = json_object_get(json, name);
		path += size;
		if (!*path)
			return json;
	}
}

static void each_rule_by_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CLEANUP(fixture_free)
		struct fixture f = fixture_of(rows[i].image, rows[i].pod);
		cleanup_json json_t *config = NULL;
		struct error err = { 0 };
		if (bundle_config(f.pod, &f.pod->containers[0], &f.image, &config, &err) < 0)
			fail_msg("%s: %s", rows[i].name, err.text);
		const json_t *member = follow(config, rows[i].path);
		cleanup_free char *text =
			member ? json_dumps(member, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY)
			       : NULL;
		if (strcmp(text ? text : "-", rows[i].value ? rows[i].value : "-") != 0)
			fail_msg("%s: %s", rows[i].name, text);
	}
}

static const struct {
	const char *image, *pod, *error;
} refused[] = {
	{ "{}", NULL, "container c: nothing to run" },
	{ "{\"config\":{\"Cmd\":[\"\"]}}", NULL, "nothing to run" },
	{ "{\"config\":{\"Entrypoint\":[\"x\"],\"User\":\"ghost\"}}", NULL,
	  "container c: user \"ghost\" is not in /etc/passwd of the image" },
	{ "{\"config\":{\"Cmd\":[\"x\"],\"WorkingDir\":\"srv\"}}", NULL,
	  "container c: working directory \"srv\" is not absolute" },
	{ image_json, POD("workingDir: srv"), "is not absolute" },
	{ "{\"config\":{\"Cmd\":[\"x\"]}}", POD("securityContext: {runAsNonRoot: true}"),
	  "container c: it would run as root, which runAsNonRoot forbids" },
	{ image_json, POD("securityContext: {runAsNonRoot: true, runAsUser: 0}"), "runAsNonRoot" },
};

static void refuses_what_cannot_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		CLEANUP(fixture_free)
		struct fixture f = fixture_of(refused[i].image, refused[i].pod);
		json_t *config = NULL;
		struct error err = { 0 };
		if (bundle_config(f.pod, &f.pod->containers[0], &f.image, &config, &err) != -1 ||
		    config || err.kind != ERROR_INPUT || !strstr(err.text, refused[i].error))
			fail_msg("%zu: %s", i, err.text);
	}
}

static void a_home_that_is_not_utf8_is_refused(void **state)
{
	static const char bad[] = "nginx:x:101:102::/\xff:/x\n";
	CLEANUP(fixture_free) struct fixture f = fixture_of(image_json, NULL);
	json_t *config = NULL;
	struct error err = { 0 };

	(void)state;
	f.image.files.passwd = (const uint8_t *)bad;
	f.image.files.passwd_size = strlen(bad);
	assert_int_equal(bundle_config(f.pod, f.pod->containers, &f.image, &config, &err), -1);
	assert_string_equal(err.text, "container c: the home directory of uid 101 is not UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_alone),
		cmocka_unit_test(a_pod_overrides),
		cmocka_unit_test(each_rule_by_itself),
		cmocka_unit_test(refuses_what_cannot_run),
		cmocka_unit_test(a_home_that_is_not_utf8_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
