// SPDX-License-Identifier: Apache-2.0
/* Private to attest: the table of hashes that QEMU writes into the guest's memory before it is
 * measured, and that OVMF holds kernel, initrd and command line against. Spec: QEMU
 * target/i386/sev.c, edk2 OvmfPkg/AmdSev/BlobVerifierLibSevHashes. */
#pragma once

#include "attest/measure.h"

enum { KERNEL_HASHES_BYTES = 176 }; /* padded to 16, as SEV's LAUNCH_UPDATE_DATA asks */

void kernel_hashes_build(const struct measure_kernel *kernel, uint8_t table[KERNEL_HASHES_BYTES]);
