// SPDX-License-Identifier: Apache-2.0
/* Kernel, initrd and command line as a launch is measured with them. */
#pragma once

#include "attest/measure.h"

/* Hashes of the files; `initrd` may be NULL. */
int kernel_files_hash(const char *kernel, const char *initrd, const char *cmdline,
		      struct measure_kernel *hashes, struct error *err) MUST_CHECK;
