// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/pod.h"
#include "builder/stack/pod_capability.h"
#include "common/io.h"

#define WEB_YAML "tests/fuzz/stack/corpus/pod_yaml/web.yaml"

static const struct pod_yaml_options strict = { 0 };
static const struct pod_yaml_options lenient = { .allow_privileged = true };

static int parse(const char *text, const struct pod_yaml_options *options, struct pod **pod,
		 struct error *err)
{
	return pod_yaml_parse((const uint8_t *)text, strlen(text), options, pod, err);
}

static uint64_t bit(const char *name)
{
	return UINT64_C(1) << pod_capability_number(name);
}

static void assert_list(const struct text_list *list, const char *expected)
{
	char joined[512] = "";

	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			(void)strcat(joined, "|");
		(void)strcat(joined, list->items[i]);
	}
	assert_string_equal(joined, expected);
}

static void check_nginx(const struct pod_container *c)
{
	assert_list(&c->command, "/bin/sh|-c");
	assert_list(&c->args,
		    "exec nginx -g \"daemon off; mode fast; $(LATER)\" $(HOME) $(MISSING)");
	assert_list(&c->env, "MODE=faster|DIRECTIVES=daemon off; mode fast; $(LATER)|LATER=1|"
			     "NOTHING=");
	assert_string_equal(c->working_dir, "/srv");
	assert_false(c->image_is_source);
	assert_true(c->security.read_only_root && c->security.no_new_privileges);
	assert_true(c->security.has_user && c->security.has_group);
	assert_int_equal(c->security.user, 1000);
	assert_int_equal(c->security.group, 1001);
	assert_true(c->security.must_be_non_root);
	assert_true(c->security.capabilities.drop == (bit("NET_RAW") | bit("MKNOD")));
	assert_int_equal(c->mount_count, 3);
	assert_string_equal(c->mounts[0].path, "/var/spool");
	assert_true(c->mounts[0].read_only);
	assert_string_equal(c->mounts[1].volume, "cache");
	assert_false(c->mounts[1].read_only);
	assert_int_equal(c->port_count, 2);
	assert_int_equal(c->ports[1].number, 53);
	assert_string_equal(c->ports[1].protocol, "UDP");
}

static void reads_all_that_can_be_sealed(void **state)
{
	cleanup_free uint8_t *bytes = NULL;
	cleanup_pod struct pod *pod = NULL;
	struct error err;
	size_t size;

	(void)state;
	if (file_read(WEB_YAML, POD_YAML_MAX_BYTES, &bytes, &size, &err) < 0 ||
	    pod_yaml_parse(bytes, size, &strict, &pod, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(pod->name, "web");
	assert_string_equal(pod->hostname, "front");
	assert_int_equal(pod->restart, POD_RESTART_ALWAYS);
	assert_int_equal(pod->container_count, 3);
	assert_int_equal(pod->volume_count, 3);
	assert_true(pod->volumes[0].memory && pod->volumes[0].size_limit_bytes == 64 << 20);
	assert_true(!pod->volumes[1].memory && pod->volumes[1].size_limit_bytes == 0);
	assert_int_equal(pod->group_count, 4);
	assert_true(pod->has_volume_group && pod->volume_group == 2000 && !pod->groups_strict);

	const struct pod_container *migrate = &pod->containers[0], *mesh = &pod->containers[1];
	assert_string_equal(migrate->name, "migrate");
	assert_int_equal(migrate->kind, POD_INIT);
	assert_int_equal(migrate->restart, POD_RESTART_ON_FAILURE);
	assert_true(migrate->security.user == 0 && !migrate->security.must_be_non_root);
	assert_int_equal(mesh->kind, POD_SIDECAR);
	assert_int_equal(mesh->restart, POD_RESTART_ALWAYS);
	assert_true(mesh->security.capabilities.drop_all && !mesh->security.no_new_privileges);
	assert_true(mesh->security.capabilities.add == bit("CAP_NET_ADMIN"));
	assert_string_equal(mesh->ports[0].name, "https");
	check_nginx(&pod->containers[2]);
}

/* A pod around the row's lines: %s stands in for them. */
#define HEAD                "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
#define CONTAINERS          "  containers:\n  - name: c\n    image: i\n"
#define OF_SPEC(lines)      HEAD "  " lines "\n" CONTAINERS
#define OF_CONTAINER(lines) HEAD CONTAINERS "    " lines "\n"

/* Each cannot be honoured, or is not a Pod at all: the message names line and path. */
static const struct {
	const char *yaml, *error;
} refused[] = {
	{ "", "no YAML document" },
	{ "---\n", "line 2: is not a mapping" },
	{ "[]", "is not a mapping" },
	{ "a: [", "line 2: not valid YAML" },
	{ "\xff", "not valid YAML" },
	{ HEAD CONTAINERS "---\n" HEAD, "line 8: a second document" },
	{ "kind: Pod\nspec: {}", "line 1: is not a Pod: it has no apiVersion" },
	{ "apiVersion: v2\nkind: Pod\nspec: {}", "apiVersion: is \"v2\"; possible: v1" },
	{ "apiVersion: apps/v1\nkind: Deployment\nspec: {}", "line 1: apiVersion" },
	{ "apiVersion: v1\nkind: Service\nspec: {}",
	  "line 2: kind: is \"Service\"; possible: Pod" },
	{ "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: i}]}", "has no name" },
	{ "apiVersion: v1\nkind: Pod\nmetadata: {name: P}\nspec: {containers: [{name: c, image: "
	  "i}]}",
	  "line 3: metadata.name: \"P\" cannot name a pod" },
	{ HEAD "  containers: []\n", "line 5: spec: has no containers" },
	{ HEAD "  volumes: []\n", "has no containers" },
	{ HEAD "  containers: {}\n", "has no containers" },
	{ HEAD "  containers: {a: 1}\n", "spec.containers: is not a list" },
	{ HEAD "  containers: [x]\n", "spec.containers[0]: is not a mapping" },

	{ OF_SPEC("a: &x 1"), "line 5: anchors are not accepted" },
	{ OF_SPEC("a: &x [1]"), "line 5: anchors are not accepted" },
	{ OF_SPEC("a: *x"), "line 5: aliases are not accepted" },
	{ OF_SPEC("<<: {hostNetwork: true}"), "line 5: merge keys are not accepted" },
	{ OF_SPEC("hostname: a\n  hostname: b"),
	  "line 5: spec.hostname: is there again at line 6" },
	{ OF_SPEC("hostname: !x a"), "line 5: a tag" },
	{ OF_SPEC("hostname: !!binary YQ=="), "line 5: a tag" },
	{ OF_SPEC("hostname: !!int a"), "line 5: a tag" },
	{ OF_SPEC("? [a]\n  : b"), "a key that is not a string" },
	{ OF_SPEC("hostname: \"a\\0b\""), "a string with a NUL in it" },
	{ OF_SPEC("hostname: 12"), "spec.hostname: is not a string; put quotes around 12" },
	{ OF_SPEC("hostname: yes"), "put quotes around yes" },
	{ OF_SPEC("hostname: 0x1F"), "put quotes around 0x1F" },
	{ OF_SPEC("hostname: 1e3"), "put quotes around 1e3" },
	{ OF_SPEC("hostname: [a]"), "spec.hostname: is not a string" },
	{ OF_SPEC("hostname: a.b"), "cannot be a hostname" },
	{ OF_SPEC("hostNetwork: yes"), "spec.hostNetwork: is neither true nor false" },

	{ OF_SPEC("surprise: 1"), "line 5: spec.surprise: unknown field" },
	{ OF_SPEC("hostNetwork: true"), "line 5: spec.hostNetwork: the host is not trusted" },
	{ OF_SPEC("hostPID: true"), "spec.hostPID" },
	{ OF_SPEC("hostIPC: true"), "spec.hostIPC" },
	{ OF_SPEC("hostUsers: false"), "spec.hostUsers" },
	{ OF_SPEC("shareProcessNamespace: true"), "spec.shareProcessNamespace" },
	{ OF_SPEC("setHostnameAsFQDN: true"), "spec.setHostnameAsFQDN" },
	{ OF_SPEC("ephemeralContainers: [{name: x}]"), "spec.ephemeralContainers" },
	{ OF_SPEC("hostAliases: [{ip: 1.2.3.4}]"), "spec.hostAliases" },
	{ OF_SPEC("dnsConfig: {}"), "spec.dnsConfig" },
	{ OF_SPEC("os: {name: windows}"), "spec.os.name: is \"windows\"; possible: linux" },
	{ OF_SPEC("restartPolicy: Sometimes"), "possible: Always, OnFailure, Never" },

	{ OF_SPEC("volumes: [{name: v, hostPath: {path: /}}]"),
	  "line 5: spec.volumes[0].hostPath: cannot be sealed: the host brings it" },
	{ OF_SPEC("volumes: [{name: v, configMap: {}}]"), "spec.volumes[0].configMap" },
	{ OF_SPEC("volumes: [{name: v, secret: {secretName: s}}]"), "spec.volumes[0].secret" },
	{ OF_SPEC("volumes: [{name: v, projected: {}}]"), "spec.volumes[0].projected" },
	{ OF_SPEC("volumes: [{name: v, downwardAPI: {}}]"), "spec.volumes[0].downwardAPI" },
	{ OF_SPEC("volumes: [{name: v, persistentVolumeClaim: {}}]"),
	  "spec.volumes[0].persistentVolumeClaim" },
	{ OF_SPEC("volumes: [{name: v}, {name: v}]"), "two volumes are named \"v\"" },
	{ OF_SPEC("volumes: [{emptyDir: {}}]"), "spec.volumes[0]: has no name" },
	{ OF_SPEC("volumes: [{name: ../v}]"), "spec.volumes[0]: has no name that is" },
	{ OF_SPEC("volumes: [{name: v, emptyDir: {medium: HugePages}}]"), "medium" },
	{ OF_SPEC("volumes: [{name: v, emptyDir: {sizeLimit: 1.5Gi}}]"), "sizeLimit" },
	{ OF_SPEC("volumes: [{name: v, emptyDir: {sizeLimit: 9223372036854775807Ki}}]"),
	  "sizeLimit" },
	{ OF_SPEC("volumes: [{name: v, emptyDir: {sizeLimit: -1}}]"), "sizeLimit" },

	{ OF_SPEC("securityContext: {sysctls: [{name: a}]}"), "spec.securityContext.sysctls" },
	{ OF_SPEC("securityContext: {seLinuxOptions: {}}"), "seLinuxOptions" },
	{ OF_SPEC("securityContext: {runAsUser: -1}"), "runAsUser: is not a whole number" },
	{ OF_SPEC("securityContext: {runAsUser: 2147483648}"), "from 0 to 2147483647" },
	{ OF_SPEC("securityContext: {runAsUser: \"0\"}"), "runAsUser" },
	{ OF_SPEC("securityContext: {runAsUser: 010}"), "runAsUser" },
	{ OF_SPEC("securityContext: {supplementalGroups: [a]}"), "supplementalGroups[0]" },
	{ OF_SPEC("securityContext: {seccompProfile: {type: Localhost, localhostProfile: x}}"),
	  "spec.securityContext.seccompProfile.localhostProfile" },
	{ OF_SPEC("securityContext: {seccompProfile: {type: Localhost}}"), "seccompProfile.type" },
	{ OF_SPEC("securityContext: {privileged: true}"), "privileged: unknown field" },

	{ OF_CONTAINER("surprise: 1"), "line 8: spec.containers[0].surprise: unknown field" },
	{ OF_CONTAINER("envFrom: [{configMapRef: {name: x}}]"), "spec.containers[0].envFrom" },
	{ OF_CONTAINER("env:\n    - name: A\n      value: x\n    - name: B\n      valueFrom: {}"),
	  "line 12: spec.containers[0].env[1].valueFrom: a value from the cluster" },
	{ OF_CONTAINER("env: [{value: x}]"), "env[0]: has a name that no variable can have" },
	{ OF_CONTAINER("env: [{name: A=B}]"), "env[0]: has a name that no variable can have" },
	{ OF_CONTAINER("env: [{name: A, value: 1}]"), "env[0].value: is not a string; put quotes" },
	{ OF_CONTAINER("env: [{name: A, value: true}]"), "put quotes around true" },
	{ OF_CONTAINER("command: /bin/sh"), "spec.containers[0].command: is not a list" },
	{ OF_CONTAINER("args: [8080]"), "spec.containers[0].args[0]: is not a string" },
	{ OF_CONTAINER("lifecycle: {}"), "spec.containers[0].lifecycle" },
	{ OF_CONTAINER("livenessProbe: {exec: {command: [x]}}"), "livenessProbe.exec" },
	{ OF_CONTAINER("tty: true"), "spec.containers[0].tty" },
	{ OF_CONTAINER("stdin: true"), "spec.containers[0].stdin" },
	{ OF_CONTAINER("volumeDevices: [{name: v}]"), "volumeDevices" },
	{ OF_CONTAINER("resources: {claims: [{name: gpu}]}"), "resources.claims" },
	{ OF_CONTAINER("restartPolicy: Always"), "only an init container may have one" },
	{ OF_CONTAINER("imagePullPolicy: Sometimes"), "imagePullPolicy" },
	{ OF_CONTAINER("ports: [{}]"), "ports[0]: has no containerPort" },
	{ OF_CONTAINER("ports: [{containerPort: 65536}]"), "from 1 to 65535" },
	{ OF_CONTAINER("ports: [{containerPort: 1, protocol: ICMP}]"), "protocol" },
	{ OF_CONTAINER("volumeMounts: [{name: v, mountPath: /v}]"),
	  "spec.containers[0].volumeMounts[0]: names a volume \"v\"" },
	{ OF_CONTAINER("securityContext: {privileged: true}"),
	  "spec.containers[0].securityContext.privileged" },
	{ OF_CONTAINER("securityContext: {procMount: Unmasked}"), "procMount" },
	{ OF_CONTAINER("securityContext: {capabilities: {add: [SYS_MAGIC]}}"),
	  "capabilities.add[0]: \"SYS_MAGIC\" is not a capability" },
	{ OF_CONTAINER("securityContext: {allowPrivilegeEscalation: false, "
		       "capabilities: {add: [SYS_ADMIN]}}"),
	  "allowPrivilegeEscalation" },
	{ HEAD "  containers: [{name: C, image: i}]\n", "\"C\" cannot name a container" },
	{ HEAD "  containers: [{image: i}]\n", "spec.containers[0]: has no name" },
	{ HEAD "  containers: [{name: c}]\n", "spec.containers[0]: has no image" },
	{ HEAD "  containers: [{name: c, image: 'I i'}]\n", "is not an image name" },
	{ OF_SPEC("initContainers: [{name: c, image: i}]"),
	  "spec.containers[0].name: two containers are named \"c\"" },
	{ OF_SPEC("initContainers: [{name: d, image: i, restartPolicy: Never}]"),
	  "spec.initContainers[0].restartPolicy" },
};

static void refuses_by_line_and_path(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct pod *pod = NULL;
		struct error err = { 0 };
		if (parse(refused[i].yaml, &strict, &pod, &err) != -1 || pod ||
		    err.kind != ERROR_INPUT || !strstr(err.text, refused[i].error))
			fail_msg("%s\n%s", refused[i].yaml, err.text);
	}
}

/* Spellings that mean nothing, or what is the case anyway. */
static const char *const accepted[] = {
	OF_SPEC("hostNetwork: false"),
	OF_SPEC("hostNetwork:"),
	OF_SPEC("volumes: [{name: v, emptyDir: }]"),
	OF_SPEC("volumes: []"),
	OF_SPEC("hostUsers: true"),
	OF_SPEC("hostname: !!str 12"),
	OF_SPEC("hostname: \"12\""),
	OF_SPEC("securityContext: {}"),
	OF_SPEC("initContainers: null"),
	OF_CONTAINER("envFrom: []"),
	OF_CONTAINER("env: []"),
	OF_CONTAINER("tty: false"),
	OF_CONTAINER("args: [10m, 1.2.3, 8080:80, '-', a=b, 'yes', \"1\", 0644a, 2024-01-02]"),
	OF_CONTAINER("lifecycle: null"),
	"{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a.b\"},"
	"\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}",
};

static void accepts_what_says_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		cleanup_pod struct pod *pod = NULL;
		struct error err = { 0 };
		if (parse(accepted[i], &strict, &pod, &err) < 0)
			fail_msg("%s\n%s", accepted[i], err.text);
	}
}

static void privileged_must_be_asked_for(void **state)
{
	cleanup_pod struct pod *pod = NULL;
	struct error err;

	(void)state;
	assert_int_equal(
		parse(OF_CONTAINER("securityContext: {privileged: true}"), &lenient, &pod, &err),
		0);
	assert_true(pod->containers[0].security.privileged);
}

static void hostname_is_the_name_cut(void **state)
{
	static const struct {
		const char *name, *hostname;
	} rows[] = {
		{ "web", "web" },
		{ "a.b", "a.b" },
		{ "a23456789012345678901234567890123456789012345678901234567890123",
		  "a23456789012345678901234567890123456789012345678901234567890123" },
		{ "a2345678901234567890.23456789012345678901234567890123456789012-b",
		  "a2345678901234567890.23456789012345678901234567890123456789012" },
	};
	char yaml[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_pod struct pod *pod = NULL;
		struct error err = { 0 };
		(void)snprintf(yaml, sizeof(yaml),
			       "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\n"
			       "spec:\n" CONTAINERS,
			       rows[i].name);
		if (parse(yaml, &strict, &pod, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(pod->hostname, rows[i].hostname);
	}
}

static void assert_refused(const char *yaml, size_t size, const char *error)
{
	struct pod *pod = NULL;
	struct error err = { 0 };

	if (pod_yaml_parse((const uint8_t *)yaml, size, &strict, &pod, &err) != -1 || pod ||
	    !strstr(err.text, error))
		fail_msg("%s: %s", error, err.text);
}

static void repeat(char *out, const char *piece, size_t times)
{
	for (size_t i = 0, size = strlen(piece); i < times; i++, out += size)
		memcpy(out, piece, size + 1);
}

static void bounds_depth_count_and_size(void **state)
{
	cleanup_free char *yaml = calloc(1, POD_YAML_MAX_BYTES + 2);

	(void)state;
	assert_non_null(yaml);
	repeat(yaml, "[", 65);
	assert_refused(yaml, 65, "nested deeper than 64 levels");
	repeat(yaml, "[", POD_YAML_MAX_BYTES);
	assert_refused(yaml, POD_YAML_MAX_BYTES, "nested deeper than 64 levels");
	repeat(yaml, "- a\n", 100001);
	assert_refused(yaml, 400004, "more than 100000 values");
	memset(yaml, '#', POD_YAML_MAX_BYTES + 1);
	assert_refused(yaml, POD_YAML_MAX_BYTES, "no YAML document");
	assert_refused(yaml, POD_YAML_MAX_BYTES + 1, "YAML of 1048577 bytes");
	size_t used = 0;
	for (int i = 0; i < 1025; i++)
		used += (size_t)sprintf(yaml + used, "k%d: 1\n", i);
	assert_refused(yaml, used, "line 1025: a mapping of more than 1024 members");
}

/* Each variable is the one before it, ten times. */
static void expansion_cannot_explode(void **state)
{
	char yaml[8192] = OF_CONTAINER("env:\n    - {name: V0, value: xxxxxxxxxx}");
	size_t used = strlen(yaml);

	(void)state;
	for (int i = 1; i < 20; i++) {
		used += (size_t)sprintf(yaml + used, "    - {name: V%d, value: ", i);
		for (int j = 0; j < 10; j++)
			used += (size_t)sprintf(yaml + used, "$(V%d)", i - 1);
		used += (size_t)sprintf(yaml + used, "}\n");
	}
	assert_refused(yaml, used, "spec.containers[0].env[5]: has more than 131071 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all_that_can_be_sealed),
		cmocka_unit_test(refuses_by_line_and_path),
		cmocka_unit_test(accepts_what_says_nothing),
		cmocka_unit_test(privileged_must_be_asked_for),
		cmocka_unit_test(hostname_is_the_name_cut),
		cmocka_unit_test(bounds_depth_count_and_size),
		cmocka_unit_test(expansion_cannot_explode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
