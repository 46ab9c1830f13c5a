// SPDX-License-Identifier: Apache-2.0
/* The two lists that depmod and the kernel's build leave in /lib/modules/VERSION. Pure. Private to
 * builder/boot/.
 *
 * Spec: modules.dep(5); Linux, Documentation/kbuild/kbuild.rst, "modules.builtin". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

enum { MODULES_LIST_MAX_BYTES = 16 << 20 };

struct modules_dep_entry {
	const char *path;           /* relative: "kernel/drivers/md/dm-crypt.ko.xz" */
	const char *const *depends; /* paths, each of another entry, in their order */
	size_t depends_count;
};

struct modules_dep {
	char *text; /* what the strings lie in */
	const char **depends;
	struct modules_dep_entry *entries;
	size_t count;
};

/* modules.dep, at most MODULES_LIST_MAX_BYTES. ERROR_INPUT names the line at fault; a path that is
 * absolute or goes upwards is one. */
int modules_dep_parse(const uint8_t *bytes, size_t size, struct modules_dep *dep, struct error *err)
	MUST_CHECK;
void modules_dep_release(struct modules_dep *dep);
#define cleanup_modules_dep CLEANUP(modules_dep_release)

/* The entry of the module `name` ("dm-crypt" and "dm_crypt" are the same), or NULL. */
const struct modules_dep_entry *modules_dep_find(const struct modules_dep *dep, const char *name);

/* The entry of that very path, or NULL. */
const struct modules_dep_entry *modules_dep_at(const struct modules_dep *dep, const char *path);

/* The module at `path`, of which the first `path_length` bytes count, has this name. */
bool modules_name_is(const char *path, size_t path_length, const char *name, size_t name_length);

/* modules.builtin, a path a line, names the module. */
bool modules_builtin_has(const uint8_t *bytes, size_t size, const char *name);

/* Length of `path` without the suffix of a compressed module (".gz", ".xz", ".zst"). */
size_t modules_plain_length(const char *path);
