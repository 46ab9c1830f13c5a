#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The disks of a guest are its host's to change, before the boot and during it. What the guest was told to trust holds for every byte that it reads.
# So where a changed byte is one that it uses, the machine is off with one line that says why, and nothing of the image has run; where nobody uses it,
# the pod runs. tests/unit/format has the long tables of damaged headers.
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
generate disk_damage two.img damaged.img root_hash
refusal "  a root hash of the host's in a signed descriptor" "trusting an image: /dev/vda: " ./guest trusting.img damaged.img ""
check "    for its signature is one of something else" said "trusting an image: /dev/vda: .*signature"
generate disk_damage two.img damaged.img signature
refusal "  a changed byte in the signature" "trusting an image: /dev/vda: .*signature" ./guest trusting.img damaged.img ""
generate disk_damage one.img harmless.img superblock backup
boots "what the guest does not read does not matter: the dm-verity superblock, the backup of the partition table" "^the pod runs" \
	./guest initrd.img harmless.img "$one"

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
