// SPDX-License-Identifier: Apache-2.0
#include "attest/vmsa.h"

#include <string.h>

#include "common/disk.h"

struct vmsa_disk_segment {
	le16 selector;
	le16 attributes;
	le32 limit;
	le64 base;
};
DISK_SIZE(struct vmsa_disk_segment, 16);

/* The registers that are not zero at reset; the gaps are those that are. */
struct vmsa_disk {
	struct vmsa_disk_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t gap_0a0[0x0d0 - 0x0a0];
	le64 efer;
	uint8_t gap_0d8[0x148 - 0x0d8];
	le64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t gap_180[0x268 - 0x180];
	le64 g_pat;
	uint8_t gap_270[0x310 - 0x270];
	le64 rdx;
	uint8_t gap_318[0x3b0 - 0x318];
	le64 sev_features;
	uint8_t gap_3b8[0x3e8 - 0x3b8];
	le64 xcr0;
	uint8_t gap_3f0[0x408 - 0x3f0];
	le32 mxcsr;
	le16 x87_ftw, x87_fsw, x87_fcw;
	uint8_t gap_412[VMSA_BYTES - 0x412];
};
DISK_AT(struct vmsa_disk, efer, 0xd0);
DISK_AT(struct vmsa_disk, cr4, 0x148);
DISK_AT(struct vmsa_disk, rip, 0x178);
DISK_AT(struct vmsa_disk, g_pat, 0x268);
DISK_AT(struct vmsa_disk, rdx, 0x310);
DISK_AT(struct vmsa_disk, sev_features, 0x3b0);
DISK_AT(struct vmsa_disk, xcr0, 0x3e8);
DISK_AT(struct vmsa_disk, mxcsr, 0x408);
DISK_AT(struct vmsa_disk, x87_fcw, 0x410);
DISK_SIZE(struct vmsa_disk, VMSA_BYTES);

static struct vmsa_disk_segment segment(uint16_t selector, uint16_t attributes, uint32_t limit,
					uint64_t base)
{
	return (struct vmsa_disk_segment){ le16_put(selector), le16_put(attributes),
					   le32_put(limit), le64_put(base) };
}

void vmsa_build(uint32_t eip, uint32_t signature, uint64_t sev_features, uint8_t page[VMSA_BYTES])
{
	struct vmsa_disk_segment data = segment(0, 0x93, 0xffff, 0);
	struct vmsa_disk v = {
		.es = data,
		.cs = segment(0xf000, 0x9b, 0xffff, eip & 0xffff0000),
		.ss = data,
		.ds = data,
		.fs = data,
		.gs = data,
		.gdtr = segment(0, 0, 0xffff, 0),
		.ldtr = segment(0, 0x82, 0xffff, 0),
		.idtr = segment(0, 0, 0xffff, 0),
		.tr = segment(0, 0x8b, 0xffff, 0),
		.efer = le64_put(0x1000), /* KVM sets EFER.SVME */
		.cr4 = le64_put(0x40),    /* and CR4.MCE */
		.cr0 = le64_put(0x10),
		.dr7 = le64_put(0x400),
		.dr6 = le64_put(0xffff0ff0),
		.rflags = le64_put(0x2),
		.rip = le64_put(eip & 0xffff),
		.g_pat = le64_put(UINT64_C(0x0007040600070406)),
		.rdx = le64_put(signature),
		.sev_features = le64_put(sev_features),
		.xcr0 = le64_put(0x1),
		.mxcsr = le32_put(0x1f80),
		.x87_fcw = le16_put(0x37f),
	};

	memcpy(page, &v, sizeof(v));
}
