// SPDX-License-Identifier: Apache-2.0
/* A program and the shared libraries it needs, found as the dynamic linker would find them on this
 * machine, by reading ELF and the linker's cache; nothing is executed. Private to builder/boot/.
 *
 * In the initrd the interpreter keeps its path, and all libraries lie beside libc: that directory
 * is one of those that the linker searches without a cache and whatever a RUNPATH said here. */
#pragma once

#include "builder/boot/file_list.h"
#include "common/error.h"

/* Adds the program at `path` as /init, its interpreter and its libraries. ERROR_INPUT names what
 * was not found and who needs it. */
int libraries_add(struct file_list *list, const char *path, struct error *err) MUST_CHECK;
