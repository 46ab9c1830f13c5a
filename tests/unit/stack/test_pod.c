// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/pod.h"
#include "builder/stack/pod_expand.h"
#include "common/json.h"

static void keeps_start_order(void **state)
{
	cleanup_pod struct pod *pod = NULL;
	struct error err;
	char order[64] = "";

	(void)state;
	assert_int_equal(pod_new(&pod, &err), 0);
	assert_int_equal(pod_add(pod, POD_CONTAINER, "a=oci:x:1", &err), 0);
	assert_int_equal(pod_add(pod, POD_SIDECAR, "s=oci:y=2", &err), 0);
	assert_int_equal(pod_add(pod, POD_CONTAINER, "b=rootfs:z", &err), 0);
	assert_int_equal(pod_add(pod, POD_SIDECAR, "t=oci:y", &err), 0);
	for (size_t i = 0; i < pod->container_count; i++)
		(void)strcat(order, pod->containers[i].name);
	assert_string_equal(order, "stab");
	assert_string_equal(pod_find(pod, "s")->image, "oci:y=2");
	assert_true(pod_find(pod, "s")->image_is_source);
	assert_int_equal(pod_find(pod, "s")->kind, POD_SIDECAR);
	assert_null(pod_find(pod, "c"));
	assert_null(pod->hostname);
}

static void refuses_bad_names(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "a", "is not NAME=REF" },
		{ "a=", "is not NAME=REF" },
		{ "=oci:x", "cannot name a container" },
		{ "A=oci:x", "cannot name a container" },
		{ "-a=oci:x", "cannot name a container" },
		{ "a-=oci:x", "cannot name a container" },
		{ "a/b=oci:x", "cannot name a container" },
		{ "..=oci:x", "cannot name a container" },
		{ "a234567890123456789012345678901234567890123456789012345678901234=oci:x",
		  "cannot name a container" },
		{ "web=oci:x", "two containers are named \"web\"" },
	};
	cleanup_pod struct pod *pod = NULL;
	struct error err;

	(void)state;
	assert_int_equal(pod_new(&pod, &err), 0);
	assert_int_equal(pod_add(pod, POD_CONTAINER, "web=oci:x", &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (pod_add(pod, POD_SIDECAR, rows[i].text, &err) != -1 ||
		    err.kind != ERROR_USAGE || !strstr(err.text, rows[i].error))
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(pod->container_count, 1);
	}
}

static void counts_containers(void **state)
{
	cleanup_pod struct pod *pod = NULL;
	struct error err;
	char text[32];

	(void)state;
	assert_int_equal(pod_new(&pod, &err), 0);
	for (int i = 0; i < POD_MAX_CONTAINERS; i++) {
		(void)snprintf(text, sizeof(text), "c%d=oci:x", i);
		assert_int_equal(pod_add(pod, POD_CONTAINER, text, &err), 0);
	}
	assert_int_equal(pod_add(pod, POD_CONTAINER, "more=oci:x", &err), -1);
	assert_string_equal(err.text, "more than 256 containers");
}

/* The first rows are those of TestMapping in k8s.io/kubernetes,
 * third_party/forked/golang/expansion: the same variables, the same results. */
static void expands_as_kubernetes_does(void **state)
{
	static const char *const items[] = { "VAR_A=A", "VAR_B=B", "VAR_C=C", "VAR_REF=$(VAR_A)",
					     "VAR_EMPTY=" };
	const char *room[8];
	cleanup_json json_t *places = json_object();
	struct pod_variables env = { places, { 0, room } };
	static const struct {
		const char *text, *expanded;
	} rows[] = {
		{ "$(VAR_A)", "A" },
		{ "___$(VAR_B)___", "___B___" },
		{ "___$(VAR_C)", "___C" },
		{ "$(VAR_A)-$(VAR_B)", "A-B" },
		{ "$(VAR_REF)", "$(VAR_A)" },
		{ "%%$(VAR_REF)--$(VAR_REF)%%", "%%$(VAR_A)--$(VAR_A)%%" },
		{ "foo$(VAR_EMPTY)bar", "foobar" },
		{ "foo$(VAR_Awhoops!", "foo$(VAR_Awhoops!" },
		{ "f00__(VAR_A)__", "f00__(VAR_A)__" },
		{ "$?_boo_$!", "$?_boo_$!" },
		{ "$VAR_A", "$VAR_A" },
		{ "$(VAR_DNE)", "$(VAR_DNE)" },
		{ "$$(VAR_A)", "$(VAR_A)" },
		{ "$$$(VAR_A)", "$A" },
		{ "$$$$(VAR_A)", "$$(VAR_A)" },
		{ "$$$$$(VAR_A)", "$$A" },
		{ "$$$$$$$(VAR_A)", "$$$A" },
		{ "$$$$$$$$(VAR_A)", "$$$$(VAR_A)" },
		{ "$VAR_A)", "$VAR_A)" },
		{ "${VAR_A}", "${VAR_A}" },
		{ "$(VAR_B)_______$(A", "B_______$(A" },
		{ "foo\\$(VAR_A)bar", "foo\\Abar" },
		{ "$($(VAR_A))", "$($(VAR_A))" },
		{ "$()", "$()" },
		{ "$$", "$" },
		{ "a$", "a$" },
		{ "", "" },
	};
	static struct pod_expander expander = { .left_bytes = 4096 };
	struct error err;
	const char *result;

	(void)state;
	expander.arena = arena_new();
	assert_non_null(expander.arena);
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(items[i], "="), items[i]);
		assert_int_equal(pod_variables_set(&env, name, "?=?", &err), 0);
		assert_int_equal(pod_variables_set(&env, name, items[i], &err), 0);
		assert_int_equal(env.list.count, i + 1);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pod_expand(&expander, "", rows[i].text, &env, &result, &err), 0);
		if (strcmp(result, rows[i].expanded) != 0)
			fail_msg("%s: %s, not %s", rows[i].text, result, rows[i].expanded);
	}
	assert_int_equal(pod_expand(&expander, "$(VAR_A)=", "$(VAR_B)", &env, &result, &err), 0);
	assert_string_equal(result, "$(VAR_A)=B");
	expander.left_bytes = 3;
	assert_int_equal(pod_expand(&expander, "", "abcd", &env, &result, &err), -1);
	assert_int_equal(err.kind, ERROR_INPUT);
	arena_free(expander.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_start_order),
		cmocka_unit_test(refuses_bad_names),
		cmocka_unit_test(counts_containers),
		cmocka_unit_test(expands_as_kubernetes_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
