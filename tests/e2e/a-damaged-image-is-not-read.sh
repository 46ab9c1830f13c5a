#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An image that was cut, damaged or made to mislead: every command that reads it ends in one line that says what is wrong with which image, and never in a
# crash. No block is given out that does not hold against the root hash; damage to what nobody asked for is told by `podseal check` and `podseal-verity verify`.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
small_image "$work/base"
cd "$work" || exit
"$podseal" build --base "oci:base" --key-out pod.key -o pod.img >/dev/null || exit
"$podseal" keygen -o other.key
generate image_defects pod.img bad || exit

# defect; what reading says, with its exit code, "-" where what is read is sound; what verifying says, with its exit code
table=$(
	cat <<'END'
cut-in-the-table|3 too short for a partition table|3 too short for a partition table
cut-in-the-data|3 the disk has [0-9]+ sectors|3 the disk has [0-9]+ sectors
cut-in-the-hash-tree|3 the disk has [0-9]+ sectors|3 the disk has [0-9]+ sectors
cut-before-the-seal|3 the disk has [0-9]+ sectors|3 the disk has [0-9]+ sectors
cut-in-the-seal|3 the disk has [0-9]+ sectors|3 the disk has [0-9]+ sectors
cut-by-a-sector|3 the disk has [0-9]+ sectors|3 the disk has [0-9]+ sectors
all-zeros|3 no partition table|3 no partition table
mbr-of-zeros|3 no partition table|3 no partition table
gpt-of-zeros|3 does not begin with "EFI PART"|3 does not begin with "EFI PART"
gpt-header-flipped|3 GPT header has CRC|3 GPT header has CRC
gpt-entry-flipped|3 GPT entries have CRC|3 GPT entries have CRC
gpt-entry-reversed|3 partition 1: sectors 2048 to 1,|3 partition 1: sectors 2048 to 1,
gpt-entry-past-the-end|3 partition 1: sectors 2048 to 4611686018427387904|3 partition 1: sectors 2048 to 4611686018427387904
gpt-entry-renamed|3 volume root: no partition root-data|1 the backup partition table differs
gpt-backup-flipped|-|1 the backup partition table differs
seal-magic-flipped|3 seal partition does not begin with "podseal"|3 seal partition does not begin with "podseal"
seal-length-huge|3 seal partition of version 4294967295|3 seal partition of version 4294967295
descriptor-flipped|3 descriptor: |3 descriptor: 
descriptor-not-json|3 descriptor: not valid JSON|3 descriptor: not valid JSON
luks2-magic-flipped|1 volume root: data block 0 does not match the hash tree|1 data block 0 does not match the hash tree
luks2-json-flipped|1 volume root: data block 1 does not match the hash tree|1 data block 1 does not match the hash tree
luks2-both-of-zeros|1 volume root: data block 0 does not match the hash tree|1 data block 0 does not match the hash tree
luks2-padding-flipped|-|1 data block 2048 does not match the hash tree
payload-flipped|1 volume root: data block 4096 does not match the hash tree|1 data block 4096 does not match the hash tree
superblock-flipped|1 volume root: data block 4096 does not match the hash tree|1 data block 4096 does not match the hash tree
file-system-of-zeros|1 volume root: data block 4096 does not match the hash tree|1 data block 4096 does not match the hash tree
hash-tree-flipped|1 volume root: hash block 0 at level 1 does not match the root hash|1 hash block 0 at level 1 does not match the root hash
verity-superblock-flipped|-|3 not a verity superblock
END
)
while IFS='|' read -r defect reading verifying; do
	image=bad/$defect.img
	if [ "$reading" = - ]; then
		check "$defect: the files can be listed" "$podseal" ls -R "$image" --key pod.key
	else
		refuses "$defect: listing" "${reading%% *}" "^podseal: listing /: $image: .*${reading#* }" "$podseal" ls -R "$image" / --key pod.key
		refuses "$defect: reading a file" "${reading%% *}" "^podseal: reading /etc/hostname: $image: .*${reading#* }" "$podseal" cat "$image" /etc/hostname --key pod.key
		refuses "$defect: extracting" "${reading%% *}" "^podseal: extracting /: $image: .*${reading#* }" "$podseal" extract "$image" / --key pod.key -o extracted
		[ ! -e extracted ] || not_ok "$defect: extracting makes no folder"
		rm -rf extracted
	fi
	refuses "$defect: verifying" "${verifying%% *}" "^podseal-verity: verifying.*: $image: .*${verifying#* }" "$verity" verify "$image"
	case $verifying in
	1*backup*) ;; # the table's copy is for podseal-verity alone
	1*) refuses "$defect: checking" 1 "^podseal: checking: $image: volume root: ${verifying#* }" "$podseal" check "$image" --key pod.key --record pod.img.record.json ;;
	esac
done <<<"$table"
check "every defect that there is was tried" test "$(wc -l <<<"$table")" -eq "$(find bad -name '*.img' | wc -l)"

# records
refuses_record() {
	refuses "a record with $1" "$2" "^podseal: $3" "$podseal" check pod.img --key pod.key --record "bad/$1.record.json"
}
check "the image and its record agree" "$podseal" check pod.img --key pod.key --record pod.img.record.json
refuses_record other-seal 1 'checking: pod\.img: the record is of another image'
refuses_record other-tree 1 'checking: pod\.img: volume root: the files have tree digest sha256:[0-9a-f]{64}, the record says sha256:0{64}'
refuses_record other-volume 1 'checking: pod\.img: volume root: not in the record'
refuses_record two-volumes 1 'checking: pod\.img: 1 volumes, the record says 2'
refuses_record no-volumes 1 'checking: pod\.img: 1 volumes, the record says 0'
refuses_record 100-volumes 3 'reading the record: bad/100-volumes\.record\.json: .*100 elements, at most 8'
refuses_record version-9 3 'reading the record: bad/version-9\.record\.json: version 9 of the record is not known'
refuses_record no-digest 3 'reading the record: bad/no-digest\.record\.json: the record has no "seal_digest"'
refuses_record not-an-object 3 'reading the record: bad/not-an-object\.record\.json: the record is not an object'
refuses "a record that is not there" 3 'reading the record: none: No such file' "$podseal" check pod.img --key pod.key --record none
refuses "a record without an end" 3 'reading the record: /dev/zero: longer than' "$podseal" check pod.img --key pod.key --record /dev/zero

# keys and paths
refuses "the wrong key" 1 '^podseal: listing /: pod\.img: volume root: wrong key' "$podseal" ls pod.img --key other.key
refuses "checking with the wrong key" 1 '^podseal: checking: pod\.img: volume root: wrong key' "$podseal" check pod.img --key other.key --record pod.img.record.json
refuses "no key" 2 '^podseal: listing /: pod\.img: volume root: it is sealed: which key: --key KEY' "$podseal" ls pod.img
for command in ls cat extract; do
	refuses "$command of a path that is not there" 3 ': pod\.img: no such file$' "$podseal" $command pod.img /etc/none --key pod.key
	refuses "$command of a path through a file" 3 ': pod\.img: not a directory$' "$podseal" $command pod.img /etc/hostname/x --key pod.key
	refuses "$command of an image that is not there" 3 ': none\.img: no such file$' "$podseal" $command none.img / --key pod.key
	refuses "$command of an image that is a folder" 3 ': base: neither a regular file nor a block device$' "$podseal" $command base / --key pod.key
	refuses "$command of an image that is a device" 3 ': /dev/zero: neither a regular file nor a block device$' "$podseal" $command /dev/zero / --key pod.key
done
refuses "the content of a folder" 3 '^podseal: reading /etc: pod\.img: not a regular file$' "$podseal" cat pod.img /etc --key pod.key
refuses "extracting to a folder that is there" 3 '^podseal: extracting /: base: exists already' "$podseal" extract pod.img / --key pod.key -o base
mkfifo -m 600 fifo
refuses "an image that is a fifo is not waited for" 3 'fifo: neither a regular file nor a block device' timeout 10 "$podseal" inspect fifo
refuses "a key that is a fifo neither" 3 'reading the key: fifo: not a regular file' timeout 10 "$podseal" ls pod.img --key fifo
done_testing
