// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "builder/stack/image_config.h"
#include "common/json.h"

/* As `docker save` writes them: null for "none", members nobody needs. */
static const char docker[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"created\":\"2024-05-29T21:38:04Z\","
	"\"author\":\"A <a@example.org>\",\"container\":\"abc\",\"history\":[{}],"
	"\"config\":{\"Hostname\":\"\",\"AttachStdin\":false,\"User\":\"nginx:www\","
	"\"ExposedPorts\":{\"80/tcp\":{},\"443/tcp\":{}},\"Env\":[\"PATH=/bin\",\"EMPTY=\"],"
	"\"Cmd\":[\"nginx\",\"-g\",\"daemon "
	"off;\"],\"Image\":\"sha256:1\",\"Volumes\":{\"/v\":null,"
	"\"/a\":{}},\"WorkingDir\":\"\",\"Entrypoint\":[\"/entry.sh\"],\"OnBuild\":null,"
	"\"Labels\":{\"b\":\"2\",\"a\":\"1\"},\"StopSignal\":\"SIGQUIT\"}}";

static int decode(const char *text, struct image_config **config, struct error *err)
{
	cleanup_json json_t *json = NULL;

	assert_int_equal(json_parse((const uint8_t *)text, strlen(text), 1 << 20, &json, err), 0);
	return image_config_decode(json, config, err);
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

static void decodes_what_docker_writes(void **state)
{
	cleanup_image_config struct image_config *config = NULL;
	struct error err;

	(void)state;
	assert_int_equal(decode(docker, &config, &err), 0);
	assert_list(&config->entrypoint, "/entry.sh");
	assert_list(&config->cmd, "nginx|-g|daemon off;");
	assert_list(&config->env, "PATH=/bin|EMPTY=");
	assert_list(&config->exposed_ports, "443/tcp|80/tcp");
	assert_list(&config->volumes, "/a|/v");
	assert_int_equal(config->label_count, 2);
	assert_string_equal(config->labels[0].name, "a");
	assert_string_equal(config->labels[1].value, "2");
	assert_string_equal(config->user, "nginx:www");
	assert_null(config->working_dir);
	assert_string_equal(config->stop_signal, "SIGQUIT");
	assert_string_equal(config->created, "2024-05-29T21:38:04Z");
	assert_string_equal(config->author, "A <a@example.org>");
	assert_string_equal(config->architecture, "amd64");
	assert_string_equal(config->os, "linux");
}

static void nothing_said_is_empty(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"config\":null}",
		"{\"config\":{}}",
		"{\"config\":{\"Env\":null,\"Cmd\":null,\"Entrypoint\":null,\"Labels\":null,"
		"\"Volumes\":null,\"ExposedPorts\":null,\"User\":null,\"WorkingDir\":null}}",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_image_config struct image_config *config = NULL;
		int result = i < sizeof(texts) / sizeof(texts[0])
				     ? decode(texts[i], &config, &err)
				     : image_config_decode(NULL, &config, &err);
		assert_int_equal(result, 0);
		assert_int_equal(config->entrypoint.count + config->cmd.count + config->env.count +
					 config->volumes.count + config->exposed_ports.count +
					 config->label_count,
				 0);
		assert_true(!config->user && !config->working_dir && !config->stop_signal);
	}
}

static void wrong_types_name_the_member(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "[]", "the image's config is not an object" },
		{ "{\"config\":[]}", "\"config\" of the image's config is not an object" },
		{ "{\"os\":1}", "\"os\" of the image's config is not a string" },
		{ "{\"config\":{\"Env\":{}}}",
		  "\"Env\" of \"config\" of the image's config is not an" },
		{ "{\"config\":{\"Env\":[\"A=1\",2]}}", "element 1 of \"Env\"" },
		{ "{\"config\":{\"Env\":[\"A=1\",\"B\"]}}", "element 1 of \"Env\"" },
		{ "{\"config\":{\"Env\":[\"=B\"]}}", "is not NAME=VALUE" },
		{ "{\"config\":{\"Cmd\":\"nginx\"}}", "\"Cmd\"" },
		{ "{\"config\":{\"Entrypoint\":[null]}}", "element 0 of \"Entrypoint\"" },
		{ "{\"config\":{\"Volumes\":[\"/v\"]}}", "\"Volumes\"" },
		{ "{\"config\":{\"Volumes\":{\"/v\":1}}}", "\"/v\" in \"Volumes\"" },
		{ "{\"config\":{\"Labels\":{\"a\":1}}}", "label \"a\"" },
		{ "{\"config\":{\"User\":0}}", "\"User\"" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_image_config struct image_config *config = NULL;
		if (decode(rows[i].text, &config, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, rows[i].error))
			fail_msg("%s: \"%s\"", rows[i].text, err.text);
		assert_null(config);
	}
}

static void lists_are_bounded(void **state)
{
	static const char *const names[] = { "Env", "Cmd", "Entrypoint" };
	struct error err;

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		cleanup_image_config struct image_config *config = NULL;
		cleanup_json json_t *array = json_array();
		for (int i = 0; i < IMAGE_CONFIG_MAX_ARGS; i++)
			json_array_append_new(array, json_string("A=1"));
		cleanup_json json_t *json = json_pack("{s:{s:O}}", "config", names[n], array);
		assert_int_equal(image_config_decode(json, &config, &err), 0);
		json_array_append_new(array, json_string("A=1"));
		assert_int_equal(image_config_decode(json, &config, &err), -1);
		assert_non_null(strstr(err.text, "4097 elements, at most 4096"));
	}
	cleanup_image_config struct image_config *config = NULL;
	cleanup_json json_t *labels = json_object();
	for (int i = 0; i <= IMAGE_CONFIG_MAX_SET; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "%d", i);
		json_object_set_new(labels, name, json_string(""));
	}
	cleanup_json json_t *json = json_pack("{s:{s:O}}", "config", "Labels", labels);
	assert_int_equal(image_config_decode(json, &config, &err), -1);
	assert_non_null(strstr(err.text, "\"Labels\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_what_docker_writes),
		cmocka_unit_test(nothing_said_is_empty),
		cmocka_unit_test(wrong_types_name_the_member),
		cmocka_unit_test(lists_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
