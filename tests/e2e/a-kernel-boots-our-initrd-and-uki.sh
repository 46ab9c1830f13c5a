#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `podseal initrd`, `podseal uki` and `podseal run` are there to boot a kernel. So one boots here, in QEMU, with an init that says so and powers off:
# from kernel and initrd, with what --append says; and from a UKI through OVMF, with the command line that is in it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64
guest_kernel
tiny_init "the init of the initrd speaks" "$work/init"
cd "$work" || exit
truncate -s 1M disk.img

check "an initrd is made, with the kernel's modules" "$podseal" initrd --init init --modules "$modules" -o initrd.img
boots "the kernel starts its /init, with the parameters that --append says" "^cmdline: console=ttyS0 quiet no_timer_check test.direct=1\$" \
	"$podseal" run disk.img --kernel "$kernel" --initrd initrd.img --append "quiet no_timer_check test.direct=1" --memory 512M

refuses "a UKI without firmware is refused" 2 "needs --firmware" "$podseal" run disk.img --uki pod.efi
refuses "a kernel that is not there is named" 3 "running the guest: none: No such file" "$podseal" run disk.img --kernel none
refuses "a CPU model is for a measured guest" 2 "vcpu-type is for --snp" "$podseal" run disk.img --kernel "$kernel" --vcpu-type EPYC-v4
[ -e /dev/sev ] || refuses "a host without SEV-SNP says so" 4 "this host runs no SEV-SNP guests" \
	"$podseal" run disk.img --kernel "$kernel" --firmware none --snp --dry-run
firmware=/usr/share/ovmf/OVMF.fd
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
for file in $firmware $stub; do
	[ -e $file ] || { skip "a UKI boots through OVMF" "$file is not there (Debian: ovmf, systemd-boot-efi)"; done_testing; }
done
check "a UKI is made" "$podseal" uki --kernel "$kernel" --initrd initrd.img --cmdline "console=ttyS0 quiet no_timer_check test.uki=1" -o pod.efi
boots "OVMF starts it, with the command line that is in it" "^cmdline: console=ttyS0 quiet no_timer_check test.uki=1\$" \
	"$podseal" run disk.img --uki pod.efi --firmware $firmware --memory 512M
done_testing
