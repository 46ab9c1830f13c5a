// SPDX-License-Identifier: Apache-2.0
/* The agent policy as text: what an evaluator would say of it is tests/kata/policy's to test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/kata/kata_policy.h"
#include "builder/kata/policy_data.h"
#include "builder/stack/bundle.h"
#include "common/json.h"

#define LENGTH_OF(row) (sizeof(row) / sizeof((row)[0]))
#define DIGEST         "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define INDEX          "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* kata-containers 4.1, src/libs/protocols/protos/agent.proto, and the agent's own questions. */
static const char *const request_names[] = {
	"AddARPNeighborsRequest",
	"AddSwapPathRequest",
	"AddSwapRequest",
	"AllowRequestsFailingPolicy",
	"CloseStdinRequest",
	"CopyFileRequest",
	"CreateContainerRequest",
	"CreateSandboxRequest",
	"DestroySandboxRequest",
	"ExecProcessRequest",
	"GetDiagnosticDataRequest",
	"GetIPTablesRequest",
	"GetMetricsRequest",
	"GetOOMEventRequest",
	"GuestDetailsRequest",
	"ListInterfacesRequest",
	"ListRoutesRequest",
	"MemAgentCompactConfig",
	"MemAgentMemcgConfig",
	"MemHotplugByProbeRequest",
	"OnlineCPUMemRequest",
	"PauseContainerRequest",
	"ReadStreamRequest",
	"RemoveContainerRequest",
	"RemoveStaleVirtiofsShareMountsRequest",
	"ReseedRandomDevRequest",
	"ResizeVolumeRequest",
	"ResumeContainerRequest",
	"SetGuestDateTimeRequest",
	"SetIPTablesRequest",
	"SetPolicyRequest",
	"SignalProcessRequest",
	"StartContainerRequest",
	"StartTracingRequest",
	"StatsContainerRequest",
	"StopTracingRequest",
	"TtyWinResizeRequest",
	"UpdateContainerRequest",
	"UpdateEphemeralMountsRequest",
	"UpdateInterfaceRequest",
	"UpdateRoutesRequest",
	"VolumeStatsRequest",
	"WaitProcessRequest",
	"WriteStreamRequest",
};

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n";
static const char group[] = "root:x:0:\nlogs:x:4:web\n";

struct fixture {
	struct pod *pod;
	struct image_config *image;
	json_t *config;
	struct kata_policy_container container;
};

static void fixture_free(struct fixture *f)
{
	pod_free(f->pod);
	image_config_free(f->image);
	json_decref(f->config);
}

static struct fixture fixture_of(const char *pod_yaml, const char *image_json)
{
	static const struct pod_yaml_options options = { 0 };
	struct fixture f = { 0 };
	cleanup_json json_t *json = json_loads(image_json, JSON_ALLOW_NUL, NULL);
	struct error err = { 0 };

	assert_non_null(json);
	if (pod_yaml_parse((const uint8_t *)pod_yaml, strlen(pod_yaml), &options, &f.pod, &err) <
		    0 ||
	    image_config_decode(json, &f.image, &err) < 0)
		fail_msg("%s", err.text);
	const struct bundle_image image = {
		.config = f.image,
		.files = { (const uint8_t *)passwd, (const uint8_t *)group, strlen(passwd),
			   strlen(group) },
		.name = f.pod->containers[0].image,
		.manifest_digest = DIGEST,
	};
	if (bundle_config(f.pod, &f.pod->containers[0], &image, &f.config, &err) < 0)
		fail_msg("%s", err.text);
	f.container = (struct kata_policy_container){
		.config = f.config,
		.image = f.image,
		.image_name = f.pod->containers[0].image,
		.manifest_digest = DIGEST,
		.index_digest = INDEX,
	};
	return f;
}

#define POD(container, rest)                                                        \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n" \
	"  - {name: web, image: 'web:1.4'" container "}\n" rest
#define IMAGE(config)                                                                            \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"/bin/web\"]" config \
	"}}"

static char *policy_of(struct fixture *f)
{
	struct error err = { 0 };
	char *text;
	size_t size;

	if (kata_policy_text(f->pod, &f->container, false, &text, &size, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(size, strlen(text));
	return text;
}

static json_t *data_of(struct fixture *f)
{
	struct error err = { 0 };
	json_t *data;

	if (policy_data(f->pod, &f->container, false, &data, &err) < 0)
		fail_msg("%s", err.text);
	return data;
}

static void no_request_is_forgotten(void **state)
{
	CLEANUP(fixture_free) struct fixture f = fixture_of(POD("", ""), IMAGE(""));
	cleanup_free char *text = policy_of(&f);
	size_t defaults = 0;

	(void)state;
	assert_non_null(strstr(text, "\npackage agent_policy\n"));
	for (size_t i = 0; i < LENGTH_OF(request_names); i++) {
		char line[128];
		(void)snprintf(line, sizeof(line), "\ndefault %s := false\n", request_names[i]);
		if (!strstr(text, line))
			fail_msg("no default for %s", request_names[i]);
	}
	for (const char *at = text; (at = strstr(at, "\ndefault ")); at++)
		defaults++;
	assert_int_equal(defaults, LENGTH_OF(request_names));
}

static void what_is_sealed_is_said(void **state)
{
	CLEANUP(fixture_free)
	struct fixture f = fixture_of(
		POD(", args: [serve], env: [{name: MODE, value: fast}], securityContext: "
		    "{readOnlyRootFilesystem: true, capabilities: {drop: [ALL], add: [CHOWN]}}, "
		    "volumeMounts: [{name: cache, mountPath: /data, readOnly: true}]",
		    "  volumes: [{name: cache, emptyDir: {medium: Memory}}]\n"),
		IMAGE(",\"User\":\"web\",\"Env\":[\"A=1\"],\"Entrypoint\":[\"/bin/web\"],"
		      "\"WorkingDir\":\"/srv\",\"Volumes\":{\"/data\":{},\"/state/"
		      "\":{},\"x\":{}}"));
	cleanup_json json_t *data = data_of(&f);
	cleanup_json json_t *expected = json_pack(
		"{s:b, s:[{s:s, s:[s,s,s], s:[s,s], s:[s,s], s:[s,s], s:[s,s,s], s:s, s:i, s:i, "
		"s:[i], s:[s], s:[], s:b, s:b, s:b, s:[s], s:[{s:s, s:s, s:b, s:b}]}]}",
		"allow_exec", 0, "containers", "name", "web", "references",
		"docker.io/library/web:1.4", "library/web:1.4", "web:1.4", "digests", DIGEST, INDEX,
		"args", "/bin/web", "serve", "env", "A=1", "MODE=fast", "env_defaults",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/home/web", "HOSTNAME=shop", "cwd", "/srv", "uid", 1000, "gid", 1001,
		"groups", 4, "capabilities", "CHOWN", "effective", "no_new_privileges", 0,
		"privileged", 0, "read_only_root", 1, "image_volumes", "/state", "volumes", "name",
		"cache", "path", "/data", "memory", 1, "read_only", 1);

	(void)state;
	assert_non_null(expected);
	if (!json_equal(data, expected)) {
		cleanup_free char *text = json_dumps(data, JSON_INDENT(1) | JSON_SORT_KEYS);
		fail_msg("%s", text);
	}
}

/* Whatever an image says is inside one JSON text of one line, and JSON's texts are Rego's. */
static void nothing_gets_out_of_its_text(void **state)
{
	static const char hostile[] =
		IMAGE(",\"Env\":[\"A=\\\"]}}\\n\\nSetPolicyRequest := true\\n#\",\"B=`\\\\\","
		      "\"C=\\u2028\\u0085\\u007f\\r\\n\\t\",\"D=\\ud83d\\ude00$(x) ${y} {{z}}\"]");
	CLEANUP(fixture_free) struct fixture f = fixture_of(POD("", ""), hostile);
	cleanup_free char *text = policy_of(&f);
	char *at = strstr(text, "\npolicy_data := ");
	cleanup_json json_t *again = NULL, *data = data_of(&f);
	struct error err = { 0 };

	(void)state;
	assert_non_null(at);
	assert_null(strstr(text, "\nSetPolicyRequest := true"));
	for (const char *c = at; *c; c++)
		if ((*c < ' ' && *c != '\n') || *c > '~')
			assert_int_equal(*c, 0x7f);
	/* to the end it is that one value */
	at += strlen("\npolicy_data := ");
	assert_int_equal(json_parse((const uint8_t *)at, strlen(at), 1 << 20, &again, &err), 0);
	assert_true(json_equal(again, data));
}

static void a_line_the_agent_cannot_read_is_refused(void **state)
{
	enum { LONG = KATA_POLICY_LINE_BYTES };
	cleanup_free char *image = NULL, *value = malloc(LONG + 1);
	struct error err = { 0 };
	char *text = NULL;
	size_t size;

	(void)state;
	assert_non_null(value);
	memset(value, 'x', LONG);
	value[LONG] = '\0';
	assert_true(asprintf(&image, IMAGE(",\"Env\":[\"A=%s\"]"), value) > 0);
	CLEANUP(fixture_free) struct fixture f = fixture_of(POD("", ""), image);
	assert_int_equal(kata_policy_text(f.pod, &f.container, false, &text, &size, &err), -1);
	assert_non_null(strstr(err.text, "the pod's agent policy: line "));
	assert_non_null(strstr(err.text, "kata-agent takes less than 65536"));
	assert_null(text);
}

static void an_image_that_cannot_be_asked_for_is_refused(void **state)
{
	CLEANUP(fixture_free) struct fixture f = fixture_of(POD("", ""), IMAGE(""));
	struct error err = { 0 };
	json_t *data = NULL;

	(void)state;
	f.container.image_name = NULL;
	assert_int_equal(policy_data(f.pod, &f.container, false, &data, &err), 0);
	json_decref(data);
	data = NULL;
	f.container.manifest_digest = "";
	assert_int_equal(policy_data(f.pod, &f.container, false, &data, &err), -1);
	assert_non_null(strstr(err.text, "container web: its image has neither a name nor"));
	assert_null(data);
}

static void a_tag_may_be_left_out_where_it_is_latest(void **state)
{
	static const struct {
		const char *name;
		const char *references[8];
	} rows[] = {
		{ "web",
		  { "docker.io/library/web:latest", "library/web:latest", "web:latest",
		    "docker.io/library/web", "library/web", "web" } },
		{ "team/web:2", { "docker.io/team/web:2", "team/web:2" } },
		{ "ghcr.io/a/b:1", { "ghcr.io/a/b:1" } },
		{ "ghcr.io/a/b@" INDEX, { "ghcr.io/a/b@" INDEX } },
		{ "Not An Image", { "Not An Image" } },
	};

	(void)state;
	CLEANUP(fixture_free) struct fixture f = fixture_of(POD("", ""), IMAGE(""));
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		f.container.image_name = rows[i].name;
		cleanup_json json_t *data = data_of(&f);
		json_t *list = json_object_get(
			json_array_get(json_object_get(data, "containers"), 0), "references");
		size_t count = 0;
		while (count < LENGTH_OF(rows[i].references) && rows[i].references[count])
			count++;
		if (json_array_size(list) != count)
			fail_msg("%s: %zu references", rows[i].name, json_array_size(list));
		for (size_t r = 0; r < count; r++)
			assert_string_equal(json_string_value(json_array_get(list, r)),
					    rows[i].references[r]);
	}
}

static void a_policy_of_ones_own_is_looked_at(void **state)
{
	static const struct {
		const char *text;
		const char *why; /* NULL: good */
	} rows[] = {
		{ "package agent_policy", NULL },
		{ "# mine\r\npackage agent_policy\r\n", NULL },
		{ "package agent_policy # mine\ndefault X := true\n", NULL },
		{ "", "no line says" },
		{ "package agent_policy2\n", "no line says" },
		{ " # package agent_policy\n", "no line says" },
		{ "package other\n", "no line says" },
	};
	static char with_nul[] = "package agent_policy\n\0";
	cleanup_free char *large = malloc(KATA_POLICY_MAX_BYTES + 1);
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		int result = kata_policy_check(rows[i].text, strlen(rows[i].text), &err);
		if (result != (rows[i].why ? -1 : 0) ||
		    (rows[i].why && !strstr(err.text, rows[i].why)))
			fail_msg("\"%s\": %d, %s", rows[i].text, result, err.text);
	}
	assert_int_equal(kata_policy_check(with_nul, sizeof(with_nul) - 1, &err), -1);
	assert_non_null(strstr(err.text, "NUL bytes"));
	assert_non_null(large);
	memset(large, '\n', KATA_POLICY_MAX_BYTES + 1);
	assert_int_equal(kata_policy_check(large, KATA_POLICY_MAX_BYTES + 1, &err), -1);
	assert_non_null(strstr(err.text, "16777217 bytes, kata-agent takes 16777216"));
	memcpy(large, "package agent_policy", 20);
	assert_int_equal(kata_policy_check(large, KATA_POLICY_MAX_LINES + 21, &err), -1);
	assert_non_null(strstr(err.text, "200001 lines, kata-agent takes 200000"));
	assert_int_equal(kata_policy_check(large, KATA_POLICY_MAX_LINES + 20, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_is_forgotten),
		cmocka_unit_test(what_is_sealed_is_said),
		cmocka_unit_test(nothing_gets_out_of_its_text),
		cmocka_unit_test(a_line_the_agent_cannot_read_is_refused),
		cmocka_unit_test(an_image_that_cannot_be_asked_for_is_refused),
		cmocka_unit_test(a_tag_may_be_left_out_where_it_is_latest),
		cmocka_unit_test(a_policy_of_ones_own_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
