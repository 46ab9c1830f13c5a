#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The disks of a guest are its host's: to change, cut short, exchange, multiply or take away, before the boot and during it. What the guest was told to
# trust holds for every byte that it reads. So where a changed byte is one that it uses, the machine is off with one line that says why, and nothing of
# the image has run; where nobody uses it, the pod runs. tests/unit/format has the long tables of damaged headers.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc openssl python3 mkfifo
guest_kernel
# shellcheck source=tests/pod.sh
. "$root/tests/pod.sh"
cd "$work" || exit

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.pem -days 30 -subj /CN=signer 2>/dev/null
check "an image is made, and another that is signed" eval 'witness one --encrypt none && witness two --encrypt none --sign-key signer.key --sign-cert signer.pem'
check "so is an initrd" "$podseal" initrd --modules "$modules" -o initrd.img
check "  and one that trusts the signer" "$podseal" initrd --modules "$modules" --trust signer.pem -o trusting.img
one=podseal.seal=$(seal one.img)

# stops SENTENCE REGEX WHAT: the pinned image, damaged so
stops() {
	generate disk_damage one.img damaged.img "$3"
	refusal "$1" "$2" ./guest initrd.img damaged.img "$one"
}
stops "a changed byte in the primary partition table stops the guest" "trusting an image: /dev/vda: GPT header has CRC" table
stops "  in the hash tree" "opening dm-verity: volume root: the first block does not match the root hash, or cannot be read" tree
stops "  in a block of data that is read first when its init is started" "starting /sbin/init: Input/output error" program
stops "  in the descriptor, so that it is none" "trusting an image: /dev/vda: descriptor: " syntax
stops "  a last sector cut off" "trusting an image: /dev/vda: GPT ends at sector [0-9]+, the disk has [0-9]+ sectors" short
generate disk_damage two.img damaged.img root_hash
refusal "  a root hash of the host's in a signed descriptor" "trusting an image: /dev/vda: " ./guest trusting.img damaged.img ""
check "    for its signature is one of something else" said "trusting an image: /dev/vda: .*signature"
generate disk_damage two.img damaged.img signature
refusal "  a changed byte in the signature" "trusting an image: /dev/vda: .*signature" ./guest trusting.img damaged.img ""
generate disk_damage one.img harmless.img superblock backup
boots "what the guest does not read does not matter: the dm-verity superblock, the backup of the partition table" "^the pod runs" \
	./guest initrd.img harmless.img "$one"

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

# While the pod runs: it asks for a line on its console before it reads the file
mkfifo typing
exec 3<>typing
./guest initrd.img one.img "$one ask" <&3 >.console 2>&1 &
machine=$!
if console_says "^the pod asks"; then
	generate disk_damage one.img changed.img word
	dd if=changed.img of=one.img conv=notrunc status=none
	echo go >&3
fi
ends "$machine"
check "a block that the host changes while the pod runs is an I/O error for it, not data" said "^/etc/later: Input/output error"
check "  as it goes on with what it has" said "^the pod is done"
done_testing
