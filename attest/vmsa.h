// SPDX-License-Identifier: Apache-2.0
/* The page that holds a vCPU's registers when it starts (VMSA), as QEMU and KVM set it up. */
#pragma once

#include <stdint.h>

#include "common/error.h"

enum { VMSA_BYTES = 4096 };

#define VMSA_BOOT_EIP UINT32_C(0xfffffff0) /* the first vCPU's: the reset vector */

/* `eip`: where the vCPU starts. `signature`: its CPUID Fn0000_0001_EAX, which QEMU leaves in RDX.
 * `sev_features`: SEV_FEATURES, 0 for SEV-ES. Spec: AMD64 APM volume 2, table B-4; values: AMD APM
 * volume 2, 14.1.3, and QEMU target/i386/sev.c. */
void vmsa_build(uint32_t eip, uint32_t signature, uint64_t sev_features, uint8_t page[VMSA_BYTES]);
