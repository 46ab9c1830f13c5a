#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What lies on the disk with --encrypt all, pod and none, as sfdisk, sgdisk, blkid and veritysetup see it; and what can be read of it without a key.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need sgdisk veritysetup blkid dumpe2fs
small_images
"$podseal" keygen -o "$work/key"

# Discoverable Partitions Specification: root and root-verity
case $(uname -m) in
x86_64) dps_root=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709 dps_verity=2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5 ;;
aarch64) dps_root=B921B045-1DF0-41C3-AF44-4C6F280D3FAE dps_verity=DF3300CE-D69F-4C92-978C-9BFB0F38D820 ;;
*) skip_all "no partition types known for $(uname -m)" ;;
esac

# The first or last 128 bits of a root hash, as a UUID.
half() {
	local hex
	[ "$2" = first ] && hex=${1:0:32} || hex=${1:32}
	hex=${hex^^}
	echo "${hex:0:8}-${hex:8:4}-${hex:12:4}-${hex:16:4}-${hex:20}"
}

dumped() {
	veritysetup dump "$1" | sed -n 's/:[ \t]*/=/; s/ \[bytes\]$//; /^UUID\|^Hash device/d; /=/p'
}

uuids() {
	partitions "$1" | awk -v name="^$2-" '$2 ~ name { print $6 }'
}

# One volume: its partitions' UUIDs, its hash tree, its superblock.
judge_volume() {
	local image=$1 volume=$2 hash salt
	read -r hash salt < <(jq -r --arg v "$volume" '.volumes[] | select(.name == $v) | .verity | .root_hash + " " + .salt' "$image.seal.json")
	take_partition "$image" "$volume-data" "$work/data" && take_partition "$image" "$volume-hash" "$work/hash"
	check "  veritysetup verify accepts $volume" veritysetup verify "$work/data" "$work/hash" "$hash"
	veritysetup dump "$work/hash" >"$work/dump"
	says "  veritysetup dump says what the descriptor says of $volume" "Hash type=1
Data blocks=$(($(stat -c %s "$work/data") / 4096))
Data block size=4096
Hash blocks=$(($(stat -c %s "$work/hash") / 4096 - 1))
Hash block size=4096
Hash algorithm=sha256
Salt=$salt" dumped "$work/hash"
	says "  the UUIDs of $volume are its root hash" "$(half "$hash" first && half "$hash" last)" uuids "$image" "$volume"
	printf '\1' | dd of="$work/data" bs=1 seek=$(($(stat -c %s "$work/data") / 2)) conv=notrunc status=none
	veritysetup verify "$work/data" "$work/hash" "$hash" >/dev/null 2>&1 && not_ok "  veritysetup refuses $volume changed" || ok "  veritysetup refuses $volume changed"
}

readable() {
	fs_of "$1" "$2" "$work/fs" && dumpe2fs -h "$work/fs" >/dev/null 2>&1
}

check "--encrypt all" seal "$work/all.img" --key "$work/key"
check "  three partitions" test "$(partitions "$work/all.img" | cut -d ' ' -f 2 | xargs)" = "root-data root-hash seal"
check "  sgdisk finds no problem" eval 'sgdisk -v "$work/all.img" | grep -q "No problems found"'
judge_volume "$work/all.img" root
take_partition "$work/all.img" root-data "$work/data"
check "  blkid sees LUKS" test "$(blkid -p -o value -s TYPE "$work/data")" = crypto_LUKS
check "  no file name, no content is in the clear" eval '! grep -aqE "index.html|<p>sealed|os-release|mesh" "$work/all.img"'
check "  nor the name of a container in the descriptor" eval '! grep -qE "web|mesh" "$work/all.img.seal.json"'

check "--encrypt pod" seal "$work/pod.img" --encrypt pod --key "$work/key"
check "  five partitions" test "$(partitions "$work/pod.img" | cut -d ' ' -f 2 | xargs)" = "root-data root-hash pod-data pod-hash seal"
check "  sgdisk finds no problem" eval 'sgdisk -v "$work/pod.img" | grep -q "No problems found"'
check "  the root has the Discoverable Partitions types" test "$(partitions "$work/pod.img" | awk '/ root-/ { print $5 }' | xargs)" = "$dps_root $dps_verity"
judge_volume "$work/pod.img" root
judge_volume "$work/pod.img" pod
check "  the base is read without a key" test "$("$podseal" cat "$work/pod.img" /etc/text)" = base
check "  and is ext4 to e2fsprogs" readable "$work/pod.img" root
refuses "  the pod is not" 2 '--key' "$podseal" ls "$work/pod.img" /usr/lib/podseal/containers
check "  with the key it is" "$podseal" ls "$work/pod.img" /usr/lib/podseal/containers --key "$work/key"
check "  nothing of the pod is in the clear" eval '! grep -aqE "index.html|<p>sealed|listen 80" "$work/pod.img"'
check "  the pod is mounted at /usr/lib/podseal" test "$(jq -r '.volumes[] | select(.name == "pod") | .mount' "$work/pod.img.seal.json")" = /usr/lib/podseal
check "  the root is described as signed" test "$(jq -c '[.volumes[] | has("crypt")]' "$work/pod.img.seal.json")" = "[false,true]"
check "  podseal-verity agrees" "$verity" verify "$work/pod.img"
check "  podseal check agrees" "$podseal" check "$work/pod.img" --key "$work/key" --record "$work/pod.img.record.json"

check "--encrypt none" seal "$work/none.img" --encrypt none
check "  three partitions, of the Discoverable Partitions types" test "$(partitions "$work/none.img" | cut -d ' ' -f 2,5 | xargs)" = \
	"root-data $dps_root root-hash $dps_verity seal $(partitions "$work/all.img" | awk '/ seal / { print $5 }')"
judge_volume "$work/none.img" root
check "  all is read without a key" test "$("$podseal" cat "$work/none.img" /usr/lib/podseal/containers/web/rootfs/srv/index.html)" = "<p>sealed"
check "  podseal check needs none" "$podseal" check "$work/none.img" --record "$work/none.img.record.json"
refuses "  and a key is refused" 2 'key' "$podseal" build --base "oci:$work/base" --encrypt none --key "$work/key" -o "$work/x.img"

# the seal partition is the same kind everywhere, and its UUID belongs to one image
check "the seal partitions have one type" test "$(for i in all pod none; do partitions "$work/$i.img"; done | awk '/ seal / { print $5 }' | sort -u | wc -l)" = 1
check "and each a UUID of its own" test "$(for i in all pod none; do partitions "$work/$i.img"; done | awk '/ seal / { print $6 }' | sort -u | wc -l)" = 3
done_testing
