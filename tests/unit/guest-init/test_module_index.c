// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/guest-init/check.h"

#include <stdio.h>

#include "guest-init/module_index.h"

static int parse(const char *dep, const char *alias, struct module_index **index, struct error *err)
{
	return module_index_parse((const uint8_t *)dep, strlen(dep), (const uint8_t *)alias,
				  strlen(alias), index, err);
}

static const char dep[] = "kernel/drivers/md/dm-verity.ko: kernel/drivers/md/dm-bufio.ko "
			  "kernel/drivers/md/dm-mod.ko\n"
			  "kernel/drivers/md/dm-bufio.ko: kernel/drivers/md/dm-mod.ko\n"
			  "kernel/drivers/md/dm-mod.ko:\n"
			  "kernel/crypto/xts.ko.zst:\n"
			  "\n"
			  "kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko\n";

static const char alias[] = "# Aliases extracted from modules themselves.\n"
			    "alias virtio:d00000002v* virtio_blk\n"
			    "alias crypto-xts xts\n"
			    "alias pci:v* not_here\n";

static void needs_come_first(void **state)
{
	cleanup_module_index struct module_index *index = NULL;
	struct module *order[MODULE_NEEDS_MAX];
	struct error err;
	size_t count;

	(void)state;
	assert_done(parse(dep, alias, &index, &err), &err);
	assert_int_equal(index->count, 5);
	struct module *verity = module_index_find(index, "dm-verity");
	assert_non_null(verity);
	assert_ptr_equal(verity, module_index_find(index, "dm_verity"));
	assert_done(module_index_order(index, verity, order, &count, &err), &err);
	assert_int_equal(count, 3);
	assert_string_equal(order[0]->name, "dm_mod");
	assert_string_equal(order[1]->name, "dm_bufio");
	assert_string_equal(order[2]->path, "kernel/drivers/md/dm-verity.ko");
	assert_null(module_index_find(index, "dm"));
}

static void aliases_of_what_is_here(void **state)
{
	cleanup_module_index struct module_index *index = NULL;
	struct error err;

	(void)state;
	assert_done(parse(dep, alias, &index, &err), &err);
	assert_int_equal(index->alias_count, 2);
	assert_string_equal(index->aliases[0].pattern, "virtio:d00000002v*");
	assert_string_equal(index->modules[index->aliases[0].module].name, "virtio_blk");
	assert_string_equal(index->modules[index->aliases[1].module].name, "xts");
}

static void buses_that_the_modules_are_for(void **state)
{
	static const struct {
		const char *bus;
		bool has;
	} rows[] = {
		{ "virtio", true }, { "acpi", true },   { "of", true },      { "pci", false },
		{ "virt", false },  { "block", false }, { "crypto", false }, { "", false },
	};
	static const char text[] = "alias virtio:d00000002v* virtio_blk\n"
				   "alias acpi*:LNRO0005:* virtio_blk\n"
				   "alias of:N*T*Cvirtio,mmio virtio_blk\n"
				   "alias block-major-8-* virtio_blk\n"
				   "alias crypto-xts xts\n"
				   "alias pci:v* not_here\n";
	cleanup_module_index struct module_index *index = NULL;
	struct error err;

	(void)state;
	assert_done(parse(dep, text, &index, &err), &err);
	for (size_t i = 0; i < LENGTH_OF(rows); i++)
		if (module_index_has_bus(index, rows[i].bus) != rows[i].has)
			fail_msg("%s", rows[i].bus);
}

static void a_need_that_is_not_here_is_named(void **state)
{
	cleanup_module_index struct module_index *index = NULL;
	struct module *order[MODULE_NEEDS_MAX];
	struct error err;
	size_t count;

	(void)state;
	assert_done(parse(dep, alias, &index, &err), &err);
	assert_refused("virtio_blk",
		       module_index_order(index, module_index_find(index, "virtio_blk"), order,
					  &count, &err),
		       &err, ERROR_INPUT,
		       "virtio_blk needs kernel/drivers/virtio/virtio.ko, which is not here");
}

static void the_number_of_needs_is_bounded(void **state)
{
	cleanup_module_index struct module_index *index = NULL;
	struct module *order[MODULE_NEEDS_MAX];
	char text[4096] = "a.ko:", *at = text + 5;
	struct error err;
	size_t count;

	(void)state;
	for (size_t i = 0; i < MODULE_NEEDS_MAX; i++)
		at += sprintf(at, " b.ko");
	(void)sprintf(at, "\nb.ko:\n");
	assert_done(parse(text, "", &index, &err), &err);
	assert_refused(
		"a", module_index_order(index, module_index_find(index, "a"), order, &count, &err),
		&err, ERROR_INPUT, "needs more than");
}

static void other_texts_are_refused(void **state)
{
	static const struct {
		const char *dep, *alias, *why;
	} rows[] = {
		{ "a.ko\n", "", "modules.dep, line 1: no colon" },
		{ "a.ko:\n/b.ko:\n", "", "line 2: \"/b.ko\" is not a path below" },
		{ "../b.ko:\n", "", "is not a path below" },
		{ "a:\n", "", "is not the path of a module" },
		{ "x/.ko:\n", "", "is not the path of a module" },
		{ "a-b.ko:\nx/a_b.ko:\n", "", "has a_b twice" },
		{ "a.ko:\n", "softdep a b\n", "modules.alias, line 1" },
		{ "a.ko:\n", "alias a\n", "modules.alias, line 1" },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++) {
		struct module_index *index = NULL;
		assert_refused(rows[i].dep, parse(rows[i].dep, rows[i].alias, &index, &err), &err,
			       ERROR_INPUT, rows[i].why);
		assert_null(index);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(needs_come_first),
		cmocka_unit_test(aliases_of_what_is_here),
		cmocka_unit_test(buses_that_the_modules_are_for),
		cmocka_unit_test(a_need_that_is_not_here_is_named),
		cmocka_unit_test(the_number_of_needs_is_bounded),
		cmocka_unit_test(other_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
