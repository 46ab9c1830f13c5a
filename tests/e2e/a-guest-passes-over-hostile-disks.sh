#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The disks of a guest are its host's to cut short, to let fail, and to multiply, with partition tables that would lead a careless reader astray. The
# guest passes over what is not its image, and looks at no more disks than a machine has reason for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc python3
guest_kernel
# shellcheck source=tests/pod.sh
. "$root/tests/pod.sh"
cd "$work" || exit

check "two images are made" eval 'witness one --encrypt none && witness two --encrypt none'
check "so is an initrd" "$podseal" initrd --modules "$modules" -o initrd.img
one=podseal.seal=$(seal one.img)

generate disk_damage one.img damaged.img short
refusal "a disk whose last sector is cut off is refused" "trusting an image: /dev/vda: GPT ends at sector [0-9]+, the disk has [0-9]+ sectors" \
	./guest initrd.img damaged.img "$one"
# faulty SECTOR: QEMU's words for the image as vda, where reading that sector fails
faulty() {
	words=(-blockdev "driver=raw,node-name=bad,read-only=on,file.driver=blkdebug,file.image.driver=file,file.image.filename=one.img,\
file.inject-error.0.event=none,file.inject-error.0.iotype=read,file.inject-error.0.sector=$1" -device virtio-blk-pci,drive=bad)
}
faulty 0
refusal "a disk that fails in its first sector is said to" "trusting an image: /dev/vda: .*Input/output error" ./guest initrd.img - "$one" "${words[@]}"
faulty 2048
refusal "  and one that fails in its data" "opening dm-verity: volume root: the first block does not match the root hash, or cannot be read" \
	./guest initrd.img - "$one" "${words[@]}"

# neighbours COUNT: QEMU's words for that many disks on SCSI, of the images in $crowd by turns
neighbours() {
	local i
	words=(-device virtio-scsi-pci)
	for ((i = 0; i < $1; i++)); do
		words+=(-blockdev "driver=raw,node-name=n$i,read-only=on,file.driver=file,file.filename=${crowd[i % ${#crowd[@]}]}" -device "scsi-hd,drive=n$i,lun=$i")
	done
}
crowd=(two.img)
for what in overlap outside endless crowd two_seals short table syntax; do
	generate disk_damage one.img "$what.img" "$what"
	crowd+=("$what.img")
done
head -c 1M /dev/urandom >noise.img
{ printf 'initdata\377\377\377\377\377\377\377\377' && head -c 1M /dev/zero; } >initdata.img
crowd+=(noise.img initdata.img)
neighbours 44
boots "of 45 disks, most with a hostile partition table or another's seal, the right one is taken" "^the pod runs" \
	./guest initrd.img one.img "$one" "${words[@]}"
neighbours ${#crowd[@]}
refusal "without the right one the guest stops" "trusting an image: /dev/sd[a-z]+: the image's seal is $(seal two.img), podseal.seal asks for" \
	./guest initrd.img noise.img "$one" "${words[@]}"
neighbours 70
refusal "more disks than a machine has reason for are not looked at" "trusting an image: more than 64 disks" \
	./guest initrd.img one.img "$one" "${words[@]}"

done_testing
