// SPDX-License-Identifier: Apache-2.0
/* Loading kernel modules out of the initrd: by name for what a stage is about to use, and by
 * modalias for the devices that are there. The initrd holds only modules that podseal may need, so
 * a device that the host adds finds no driver unless it was foreseen. */
#pragma once

#include "guest-init/module_index.h"

struct modules;

/* `folder`: /lib/modules/VERSION, which may be absent: then everything is built into the kernel. */
int modules_open(const char *folder, struct modules **modules, struct error *err) MUST_CHECK;
void modules_free(struct modules *modules);
DEFINE_CLEANUP(cleanup_modules_p, struct modules, modules_free)
#define cleanup_modules CLEANUP(cleanup_modules_p)

/* Loads `name` and what it needs. 0 where the initrd has none of that name, as it is then built in,
 * or its absence will tell by itself. ERROR_SYSTEM: the kernel refuses it. */
int modules_load(struct modules *modules, const char *name, struct error *err) MUST_CHECK;

/* The same for dm-verity with SHA-256, and for dm-crypt with AES-XTS: with the modules for the
 * processor's instructions, where they like it. */
int modules_load_verity(struct modules *modules, struct error *err) MUST_CHECK;
int modules_load_crypt(struct modules *modules, struct error *err) MUST_CHECK;

/* The same for every module with an alias that matches. That a module finds no hardware it likes
 * (ENODEV) is no error here. */
int modules_load_alias(struct modules *modules, const char *modalias, struct error *err) MUST_CHECK;

/* modules_load_alias() for every device below `sys_fd`, an open /sys, and for those that come of
 * it: `uevent_fd` (uevent.h) has listened from before, and what it has heard until then is taken.
 * Devices that appear later announce themselves there. */
int modules_coldplug(struct modules *modules, int sys_fd, int uevent_fd, struct error *err)
	MUST_CHECK;

/* How long the kernel has taken so far to check modules, link them and start their drivers. */
uint64_t modules_kernel_ms(const struct modules *modules);
