// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "builder/boot/modules.h"
#include "builder/boot/modules_alias.h"
#include "builder/boot/modules_dep.h"

static const char example[] = "kernel/drivers/md/dm-mod.ko.xz:\n"
			      "kernel/drivers/md/dm-crypt.ko.xz: kernel/drivers/md/dm-mod.ko.xz\n"
			      "\n"
			      "kernel/a/one.ko: kernel/b/two.ko kernel/c/three.ko.gz\n"
			      "kernel/b/two.ko:\n"
			      "kernel/c/three.ko.gz:";

static int parse(const char *text, struct modules_dep *dep, struct error *err)
{
	return modules_dep_parse((const uint8_t *)text, strlen(text), dep, err);
}

static void dependencies_are_read(void **state)
{
	cleanup_modules_dep struct modules_dep dep = { 0 };
	struct error err = { 0 };

	(void)state;
	if (parse(example, &dep, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(dep.count, 5);
	assert_string_equal(dep.entries[2].path, "kernel/a/one.ko");
	assert_int_equal(dep.entries[0].depends_count, 0);
	assert_int_equal(dep.entries[2].depends_count, 2);
	assert_string_equal(dep.entries[2].depends[1], "kernel/c/three.ko.gz");
	assert_ptr_equal(modules_dep_find(&dep, "dm_crypt"), &dep.entries[1]);
	assert_ptr_equal(modules_dep_find(&dep, "dm-crypt"), &dep.entries[1]);
	assert_ptr_equal(modules_dep_find(&dep, "three"), &dep.entries[4]);
	assert_null(modules_dep_find(&dep, "thre"));
	assert_null(modules_dep_find(&dep, "kernel/b/two"));
	assert_ptr_equal(modules_dep_at(&dep, "kernel/b/two.ko"), &dep.entries[3]);
	assert_null(modules_dep_at(&dep, "two.ko"));
}

static void nothing_is_a_list_of_nothing(void **state)
{
	cleanup_modules_dep struct modules_dep dep = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(modules_dep_parse(NULL, 0, &dep, &err), 0);
	assert_int_equal(dep.count, 0);
	assert_null(modules_dep_find(&dep, "one"));
}

static void paths_stay_below_the_folder(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "one.ko", "line 1 has no colon" },
		{ "one.ko:\ntwo.ko", "line 2 has no colon" },
		{ "/etc/shadow:", "line 1: \"/etc/shadow\"" },
		{ "../one.ko:", "\"../one.ko\"" },
		{ "a/../../one.ko:", "\"a/../../one.ko\"" },
		{ "a/..:", "\"a/..\"" },
		{ "./one.ko:", "\"./one.ko\"" },
		{ "a//one.ko:", "\"a//one.ko\"" },
		{ "a/:", "\"a/\"" },
		{ ":", "\"\"" },
		{ "one.ko: two.ko ../three.ko", "\"../three.ko\"" },
		{ "one.ko: /two.ko", "\"/two.ko\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cleanup_modules_dep struct modules_dep dep = { 0 };
		struct error err = { 0 };
		if (parse(rows[i].text, &dep, &err) != -1 || err.kind != ERROR_INPUT ||
		    !strstr(err.text, rows[i].message))
			fail_msg("%s: \"%s\"", rows[i].text, err.text);
	}
	cleanup_modules_dep struct modules_dep dep = { 0 };
	struct error err = { 0 };
	assert_int_equal(parse("a..b/...ko:", &dep, &err), 0);
	assert_int_equal(modules_dep_parse((const uint8_t *)"a.ko:\0", 6, &dep, &err), -1);
}

static void built_in_modules_are_recognised(void **state)
{
	static const char text[] = "kernel/fs/ext4/ext4.ko\nkernel/drivers/md/dm-mod.ko";
	const uint8_t *bytes = (const uint8_t *)text;

	(void)state;
	assert_true(modules_builtin_has(bytes, strlen(text), "ext4"));
	assert_true(modules_builtin_has(bytes, strlen(text), "dm_mod"));
	assert_false(modules_builtin_has(bytes, strlen(text), "ext"));
	assert_false(modules_builtin_has(bytes, strlen(text), "fs"));
	assert_false(modules_builtin_has(bytes, 0, "ext4"));
}

static bool is_one_or_two(void *context, const char *name, size_t length)
{
	(void)context;
	return (length == 3 && memcmp(name, "one", 3) == 0) ||
	       (length == 3 && memcmp(name, "two", 3) == 0);
}

static void aliases_of_chosen_modules_stay(void **state)
{
	static const char text[] = "# Aliases extracted from modules themselves.\n"
				   "alias pci:v00001AF4d* one\n"
				   "alias virtio:d* three\n"
				   "alias one\n"
				   "alias  one\n"
				   "alias x y one\n"
				   "alias char-major-1-* \n"
				   "alias cpu:type:* two";
	cleanup_free char *kept = NULL;
	size_t size;
	FILE *out = open_memstream(&kept, &size);

	(void)state;
	assert_non_null(out);
	modules_alias_select((const uint8_t *)text, strlen(text), is_one_or_two, NULL, out);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(kept, "alias pci:v00001AF4d* one\nalias cpu:type:* two\n");
}

static void each_wanted_module_has_its_reason_and_is_named_once(void **state)
{
	size_t required = 0;

	(void)state;
	for (const struct module_wanted *a = modules_wanted; a->name; a++) {
		assert_true(a->reason && a->reason[0]);
		required += a->required;
		for (const struct module_wanted *b = modules_wanted; b < a; b++)
			if (strcmp(a->name, b->name) == 0)
				fail_msg("%s is there twice", a->name);
	}
	assert_int_equal(required, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dependencies_are_read),
		cmocka_unit_test(nothing_is_a_list_of_nothing),
		cmocka_unit_test(paths_stay_below_the_folder),
		cmocka_unit_test(built_in_modules_are_recognised),
		cmocka_unit_test(aliases_of_chosen_modules_stay),
		cmocka_unit_test(each_wanted_module_has_its_reason_and_is_named_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
