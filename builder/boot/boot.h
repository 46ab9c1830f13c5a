// SPDX-License-Identifier: Apache-2.0
/* What boots a sealed image: the initrd with podseal-init (initrd.h), a unified kernel image
 * around it (uki.h), and the QEMU command line that starts both with the image (qemu.h).
 *
 * This part reads the files it is told to, the dynamic linker's cache and the libraries that it
 * names. It starts no process, needs no privilege, and takes time only as an argument. Its caller
 * is `podseal`. */
#pragma once

#include "builder/boot/initrd.h"
#include "builder/boot/qemu.h"
#include "builder/boot/uki.h"
