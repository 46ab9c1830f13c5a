// SPDX-License-Identifier: Apache-2.0
#include "builder/boot/modules.h"

/* What each depends on comes with it by modules.dep. Asking the kernel for a cipher by name would
 * need modprobe and modules.alias in the initrd, so those are named here. */
const struct module_wanted modules_wanted[] = {
	/* how the image and the scratch disk are attached */
	{ "virtio_pci", "virtio devices of QEMU's q35, and of Kata", false },
	{ "virtio_mmio", "virtio devices of QEMU's microvm", false },
	{ "virtio_blk", "the image as a virtio disk", false },
	{ "virtio_scsi", "the image behind a virtio SCSI controller", false },
	{ "sd_mod", "SCSI disks", false },
	{ "nvme", "the image as an NVMe namespace", false },
	{ "nfit", "NVDIMMs that ACPI describes", false },
	{ "nd_pmem", "the image as an NVDIMM", false },
	{ "virtio_pmem", "the image as a virtio persistent memory device", false },
	/* what the image consists of */
	{ "dm_mod", "the device mapper", true },
	{ "dm_verity", "every volume", true },
	{ "dm_crypt", "sealed volumes", true },
	{ "xts", "dm-crypt's aes-xts-plain64", false },
	{ "ecb", "what xts is made from", false },
	{ "aesni_intel", "AES by the processor's instructions", false },
	{ "sha256_ssse3", "SHA-256 by the processor's instructions", false },
	{ "aes_ce_blk", "AES by the processor's instructions (AArch64)", false },
	{ "sha2_ce", "SHA-256 by the processor's instructions (AArch64)", false },
	{ "ext4", "the volumes' file system", true },
	{ "crc32c_generic", "checksums of ext4 and of dm-integrity", false },
	/* what takes writes */
	{ "overlay", "writes above the read-only root", true },
	{ "dm_integrity", "podseal.scratch=disk", false },
	{ "authenc", "dm-crypt with an authentication tag: podseal.scratch=disk", false },
	{ "hmac", "the tag", false },
	/* who it is, and the way to the broker */
	{ "sev_guest", "SNP reports: /dev/sev-guest and, by its dependencies, configfs-tsm",
	  false },
	{ "efi_secret", "secrets injected into SEV and SEV-ES guests", false },
	{ "virtio_net", "podseal.kbs=http:// and https://, and the pod's network", false },
	{ "vmw_vsock_virtio_transport", "podseal.kbs=vsock://", false },
	{ "virtio_console", "podseal.kbs=port://, and the hvc0 console", false },
	{ 0 },
};
