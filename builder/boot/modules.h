// SPDX-License-Identifier: Apache-2.0
/* Which kernel modules a guest needs, and from a kernel's modules those and what they depend on.
 * Private to builder/boot/.
 *
 * Compressed modules are stored plain: only a kernel with CONFIG_MODULE_DECOMPRESS takes them
 * otherwise (finit_module(2), MODULE_INIT_COMPRESSED_FILE), the initrd is compressed as a whole,
 * and a module's signature is over the plain one. */
#pragma once

#include <stdbool.h>

#include "builder/boot/file_list.h"
#include "common/error.h"

struct module_wanted {
	const char *name;
	const char *reason;
	bool required; /* a kernel that has it neither built in nor as a module boots no image */
};

/* Ended by an entry without name. */
extern const struct module_wanted modules_wanted[];

/* `directory` is a kernel's: .../lib/modules/VERSION, with modules.dep, modules.alias and
 * modules.builtin. Adds what is needed of it at /lib/modules/VERSION, and a modules.dep and
 * modules.alias of that alone, in depmod's format. ERROR_INPUT names a required module that the
 * kernel lacks. */
int modules_add(struct file_list *list, const char *directory, struct error *err) MUST_CHECK;

/* Adds the module `name` and what it needs as FOLDER/0.ko, FOLDER/1.ko, ... in the order in which
 * they are to be loaded; nothing where the kernel has it built in. ERROR_INPUT: it has none. */
int modules_add_in_order(struct file_list *list, const char *directory, const char *name,
			 const char *folder, struct error *err) MUST_CHECK;
