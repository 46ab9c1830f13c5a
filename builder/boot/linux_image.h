// SPDX-License-Identifier: Apache-2.0
/* What a kernel image says of itself. Pure. Private to builder/boot/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { LINUX_RELEASE_BYTES = 128 };

/* The release of an x86 bzImage ("6.1.0-56-cloud-amd64"): what `uname -r` will print. Spec: Linux,
 * Documentation/arch/x86/boot.rst, field kernel_version. An image without one, as AArch64's,
 * gives "". ERROR_INPUT where the field points outside of the setup code. */
int linux_image_release(const uint8_t *bytes, size_t size, char release[LINUX_RELEASE_BYTES],
			struct error *err) MUST_CHECK;
