// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/json.h"

static json_t *parse(const char *text)
{
	struct error err = { 0 };
	json_t *json = NULL;

	if (json_parse((const uint8_t *)text, strlen(text), 1 << 20, &json, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return json;
}

static void malformed_json_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"{",
		"{} {}",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\":1,\"a\":2}",
		"{\"a\":{\"b\":1,\"b\":1}}",
		"{\"a\\u0000b\":1}",
		"\"a\\u0000b\"",
		"\"\xff\"",
		"\"\xed\xa0\x80\"", /* a surrogate, in UTF-8 */
		"01",
		"+1",
		"NaN",
		"99999999999999999999999",
		"// no\n1",
		"'a'",
		"nul",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };
		json_t *json = NULL;
		if (json_parse((const uint8_t *)wrong[i], strlen(wrong[i]), 1000, &json, &err) !=
		    -1)
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(json);
	}
}

static void the_line_of_a_mistake_is_named(void **state)
{
	static const char text[] = "{\n\"a\": 1,\n\"b\" 2}";
	struct error err = { 0 };
	json_t *json = NULL;

	(void)state;
	assert_int_equal(json_parse((const uint8_t *)text, strlen(text), 1000, &json, &err), -1);
	assert_memory_equal(err.text, "not valid JSON: line 3: ", 24);
}

static void json_past_its_limit_of_bytes_is_refused(void **state)
{
	struct error err = { 0 };
	cleanup_json json_t *json = NULL;

	(void)state;
	assert_int_equal(json_parse((const uint8_t *)"[1]", 3, 2, &json, &err), -1);
	assert_string_equal(err.text, "JSON of 3 bytes, at most 2");
	assert_int_equal(json_parse((const uint8_t *)"[1]garbage", 3, 3, &json, &err), 0);
}

static void json_of_depth_10_000_is_refused(void **state)
{
	enum { DEPTH = 10000 };
	static const char *const levels[] = { "[", "{\"a\":" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t length = strlen(levels[i]);
		cleanup_free char *text = malloc(DEPTH * length);
		struct error err = { 0 };
		json_t *json = NULL;
		assert_non_null(text);
		for (size_t d = 0; d < DEPTH; d++)
			memcpy(text + d * length, levels[i], length);
		assert_int_equal(
			json_parse((uint8_t *)text, DEPTH * length, DEPTH * length, &json, &err),
			-1);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.text, "depth"));
	}
}

static void canonical_json_is_rfc_8785s(void **state)
{
	static const char *const rows[][2] = {
		{ " { \"b\" : [ 1 , true , null ] , \"a\" : { } } ",
		  "{\"a\":{},\"b\":[1,true,null]}" },
		{ "{\"B\":1,\"a\":2,\"_\":3,\"A\":4,\"aa\":5,\"10\":6,\"9\":7}",
		  "{\"10\":6,\"9\":7,\"A\":4,\"B\":1,\"_\":3,\"a\":2,\"aa\":5}" },
		{ "\"\\u0041\\/\\\"\\\\\"", "\"A/\\\"\\\\\"" },
		{ "[9007199254740991,-9007199254740991,-0]",
		  "[9007199254740991,-9007199254740991,0]" },
		{ "[]", "[]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = { 0 };
		cleanup_json json_t *json = parse(rows[i][0]);
		cleanup_free char *text = NULL;
		size_t size = 0;
		assert_int_equal(json_canonical(json, &text, &size, &err), 0);
		assert_string_equal(text, rows[i][1]);
		assert_int_equal(size, strlen(text));
	}
}

/* Where our subset ends, another reader could write it otherwise and find another digest. */
static void json_with_more_than_one_canonical_form_is_refused(void **state)
{
	static const char *const wrong[] = {
		"1.0",     "[1e3]",           "\"caf\xc3\xa9\"",  "{\"\xc3\xa9\":1}",
		"\"\\n\"", "{\"\\u007f\":1}", "9007199254740992", "-9007199254740992",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = { 0 };
		cleanup_json json_t *json = parse(wrong[i]);
		char *text = NULL;
		size_t size = 99;
		if (json_canonical(json, &text, &size, &err) != -1)
			fail_msg("%s was taken", wrong[i]);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_null(text);
		assert_int_equal(size, 99);
	}
}

static void members_of_the_right_type_are_found(void **state)
{
	cleanup_json json_t *object =
		parse("{\"s\":\"x\",\"n\":7,\"b\":true,\"o\":{},\"a\":[1,2]}");
	struct error err = { 0 };
	const char *string = NULL;
	uint64_t number = 0;
	bool flag = false;
	json_t *member = NULL;

	(void)state;
	assert_int_equal(json_get_string(object, "it", "s", &string, &err), 0);
	assert_string_equal(string, "x");
	assert_int_equal(json_get_u64(object, "it", "n", 7, &number, &err), 0);
	assert_int_equal(number, 7);
	assert_int_equal(json_opt_bool(object, "it", "b", &flag, &err), 0);
	assert_true(flag);
	assert_int_equal(json_get_object(object, "it", "o", &member, &err), 0);
	assert_int_equal(json_get_array(object, "it", "a", 2, &member, &err), 0);
	assert_int_equal(json_array_size(member), 2);
}

static void an_absent_or_null_member_is_an_error_only_where_required(void **state)
{
	static const char *const texts[] = { "{}", "{\"m\":null}" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		cleanup_json json_t *object = parse(texts[i]);
		struct error err = { 0 };
		const char *string = "old";
		uint64_t number = 5;
		bool flag = true;
		json_t *member = object;

		assert_int_equal(json_get_string(object, "it", "m", &string, &err), -1);
		assert_string_equal(err.text, "it has no \"m\"");
		assert_string_equal(string, "old");
		assert_int_equal(json_get_u64(object, "it", "m", 9, &number, &err), -1);
		assert_int_equal(json_get_object(object, "it", "m", &member, &err), -1);
		assert_int_equal(json_get_array(object, "it", "m", 9, &member, &err), -1);
		assert_ptr_equal(member, object);

		assert_int_equal(json_opt_string(object, "it", "m", &string, &err), 0);
		assert_null(string);
		assert_int_equal(json_opt_u64(object, "it", "m", 9, &number, &err), 0);
		assert_int_equal(number, 5);
		assert_int_equal(json_opt_bool(object, "it", "m", &flag, &err), 0);
		assert_true(flag);
		assert_int_equal(json_opt_object(object, "it", "m", &member, &err), 0);
		assert_null(member);
		assert_int_equal(json_opt_array(object, "it", "m", 9, &member, &err), 0);
		assert_null(member);
	}
}

static void a_member_of_the_wrong_type_is_named(void **state)
{
	cleanup_json json_t *object =
		parse("{\"s\":\"x\",\"n\":-1,\"big\":8,\"r\":1.0,\"a\":[1,2,3]}");
	struct error err = { 0 };
	const char *string = NULL;
	uint64_t number = 5;
	bool flag = true;
	json_t *member = NULL;

	(void)state;
	assert_int_equal(json_opt_string(object, "the config", "n", &string, &err), -1);
	assert_string_equal(err.text, "\"n\" of the config is not a string");
	static const char *const not_up_to_7[] = { "s", "n", "big", "r", "a" };
	for (size_t i = 0; i < sizeof(not_up_to_7) / sizeof(not_up_to_7[0]); i++) {
		assert_int_equal(json_opt_u64(object, "it", not_up_to_7[i], 7, &number, &err), -1);
		assert_non_null(strstr(err.text, "is not a whole number from 0 to 7"));
	}
	assert_int_equal(number, 5);
	assert_int_equal(json_opt_bool(object, "it", "n", &flag, &err), -1);
	assert_int_equal(json_opt_object(object, "it", "a", &member, &err), -1);
	assert_int_equal(json_opt_array(object, "it", "s", 9, &member, &err), -1);
	assert_int_equal(json_opt_array(object, "it", "a", 2, &member, &err), -1);
	assert_string_equal(err.text, "\"a\" of it has 3 elements, at most 2");
	cleanup_json json_t *array = parse("[]");
	assert_int_equal(json_opt_string(array, "the config", "n", &string, &err), -1);
	assert_string_equal(err.text, "the config is not an object");
}

static void unknown_members_are_named(void **state)
{
	static const char *const names[] = { "a", "b", NULL };
	cleanup_json json_t *good = parse("{\"b\":1}");
	cleanup_json json_t *bad = parse("{\"a\":1,\"c\":1}");
	cleanup_json json_t *array = parse("[]");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(json_only_members(good, "it", names, &err), 0);
	assert_int_equal(json_only_members(bad, "it", names, &err), -1);
	assert_string_equal(err.text, "it has an unknown member \"c\"");
	assert_int_equal(json_only_members(array, "it", names, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(malformed_json_is_refused),
		cmocka_unit_test(the_line_of_a_mistake_is_named),
		cmocka_unit_test(json_past_its_limit_of_bytes_is_refused),
		cmocka_unit_test(json_of_depth_10_000_is_refused),
		cmocka_unit_test(canonical_json_is_rfc_8785s),
		cmocka_unit_test(json_with_more_than_one_canonical_form_is_refused),
		cmocka_unit_test(members_of_the_right_type_are_found),
		cmocka_unit_test(an_absent_or_null_member_is_an_error_only_where_required),
		cmocka_unit_test(a_member_of_the_wrong_type_is_named),
		cmocka_unit_test(unknown_members_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
