#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The host decides how the image is attached, and to which machine. podseal-init looks for the image and not for a device's name: so the same initrd
# boots it from a virtio disk, behind a SCSI controller, from NVMe and from persistent memory, with other disks beside it, started by the kernel's
# loader or by a firmware from a UKI.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc
guest_kernel
tiny_init "the pod runs" "$work/init"
cd "$work" || exit

mkdir -p base/{dev,proc,run,sbin,sys} && cp init base/sbin/init
check "an image is made" "$podseal" build --base "rootfs:$PWD/base" --encrypt none --progress none -o pod.img
check "so is an initrd" "$podseal" initrd --modules "$modules" -o initrd.img
seal=podseal.seal=$("$verity" root pod.img | sed -n 's/^seal //p')

# how a cloud's disks, data disks and Kata's extras look from within the guest
truncate -s 4M blank.img
{ printf 'initdata\x10\0\0\0\0\0\0\0' && head -c 496 /dev/zero; } >initdata.img
machine=(qemu-system-x86_64 -accel "tcg,thread=multi" -cpu max -m 512M -nodefaults -no-user-config -nographic -no-reboot -serial stdio)
direct=(-kernel "$kernel" -initrd initrd.img -append "console=ttyS0 quiet panic=-1 no_timer_check $seal")
file() { # ID FILE: a read-only block device that is not attached to anything yet
	printf 'driver=raw,node-name=%s,read-only=on,file.driver=file,file.read-only=on,file.filename=%s' "$1" "$2"
}
trusted() { # SENTENCE DISK COMMAND...
	boots "$1" "^the pod runs" "${@:3}" || return
	check "  where it is" grep -q "trusting an image: ${seal#*=} on /dev/$2, trusted by the command line" "$work/.console"
}

trusted "from a SCSI disk, between two others" "sd[abc]" "${machine[@]}" -machine q35 "${direct[@]}" -device virtio-scsi-pci,id=scsi0 \
	-blockdev "$(file a blank.img)" -device scsi-hd,bus=scsi0.0,drive=a,lun=0 \
	-blockdev "$(file b pod.img)" -device scsi-hd,bus=scsi0.0,drive=b,lun=1 \
	-blockdev "$(file c initdata.img)" -device scsi-hd,bus=scsi0.0,drive=c,lun=2
trusted "from NVMe" nvme0n1 "${machine[@]}" -machine q35 "${direct[@]}" -blockdev "$(file a pod.img)" -device nvme,drive=a,serial=pod
# persistent memory comes in whole 2 MiB pages; the host's file is not to be written
cp pod.img pmem.img && truncate -s %2M pmem.img
trusted "from an NVDIMM" pmem0 "${machine[@]}" -machine q35,nvdimm=on -m 512M,slots=2,maxmem=4G "${direct[@]}" \
	-object "memory-backend-file,id=mem0,mem-path=pmem.img,size=$(stat -c %s pmem.img),share=off,readonly=on" -device nvdimm,id=nv0,memdev=mem0,unarmed=on
# a microvm has no timer that an emulated clock can be measured by
trusted "on a microvm, whose devices are on no PCI bus" vda "${machine[@]}" -machine microvm,rtc=on "${direct[@]/quiet/quiet tsc_early_khz=1000000}" \
	-blockdev "$(file a pod.img)" -device virtio-blk-device,drive=a

firmware=/usr/share/ovmf/OVMF.fd
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
for file in $firmware $stub; do
	[ -e $file ] || { skip "from a UKI, which pins the image" "$file is not there (Debian: ovmf, systemd-boot-efi)"; done_testing; }
done
check "a UKI is made, which pins the image" "$podseal" uki --kernel "$kernel" --initrd initrd.img --cmdline "console=ttyS0 quiet panic=-1 no_timer_check $seal" -o pod.efi
trusted "OVMF starts it" vda "$podseal" run pod.img --uki pod.efi --firmware $firmware --memory 512M
done_testing
