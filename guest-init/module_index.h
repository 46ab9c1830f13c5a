// SPDX-License-Identifier: Apache-2.0
/* modules.dep and modules.alias of /lib/modules/VERSION, as depmod(8) writes them, for the few
 * modules that the initrd holds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

enum {
	MODULE_DEP_MAX_BYTES = 4 << 20,
	MODULE_ALIAS_MAX_BYTES = 8 << 20,
	MODULE_NAME_BYTES = 64, /* with the NUL; the kernel's MODULE_NAME_LEN is 56 */
	MODULE_NEEDS_MAX = 64,  /* modules that one module needs, itself counted */
};

struct module {
	char name[MODULE_NAME_BYTES]; /* '-' as '_', no ".ko" */
	const char *path;             /* below /lib/modules/VERSION */
	char *needs;                  /* paths with blanks between, direct and indirect ones */
	bool loaded;                  /* left to the caller */
};

struct module_alias {
	const char *pattern; /* fnmatch(3) */
	size_t module;
};

struct module_index {
	char *text, *alias_text; /* what the others point into */
	struct module *modules;
	size_t count;
	struct module_alias *aliases;
	size_t alias_count;
};

/* Both texts at once. Aliases of modules that are not in `dep` are left out. ERROR_INPUT, with the
 * line: not of that form, or one module twice. */
int module_index_parse(const uint8_t *dep, size_t dep_size, const uint8_t *alias, size_t alias_size,
		       struct module_index **index, struct error *err) MUST_CHECK;
void module_index_free(struct module_index *index);
DEFINE_CLEANUP(cleanup_module_index_p, struct module_index, module_index_free)
#define cleanup_module_index CLEANUP(cleanup_module_index_p)

/* The module of that name, in either spelling; NULL: not here. */
struct module *module_index_find(struct module_index *index, const char *name);

/* What to load for `module`, in order, itself last. ERROR_INPUT: it needs one that is not here, or
 * more than MODULE_NEEDS_MAX. */
int module_index_order(struct module_index *index, struct module *module,
		       struct module *order[MODULE_NEEDS_MAX], size_t *count, struct error *err)
	MUST_CHECK;

/* Whether any module is for devices of that bus. Patterns name it first, as in "pci:v00001AF4d*"
 * and "acpi*:ACPI0012:*". */
bool module_index_has_bus(const struct module_index *index, const char *bus);
