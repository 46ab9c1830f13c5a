#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever has docs/format.md can read a sealed image without podseal: reader.py and tree_digest.py were written from that page. The reader
# refuses an image in which any rule of it is broken; debugfs then reads the file systems that it decrypted.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need debugfs e2fsck
python3 -c 'import cryptography' 2>/dev/null || skip_all "python3-cryptography is not installed"

make_images <<'PYTHON'
small_images(".")
sparse = extension(b"x", b"".join(pax_record("GNU.sparse." + k, v) for k, v in
                                  (("major", "1"), ("minor", "0"), ("name", "sparse"), ("realsize", "100000"))))
sparse += file("GNUSparseFile.0/sparse", b"3\n8192\n4096\n20480\n1000\n100000\n0\n".ljust(512, b"\0") + b"s" * 4096 + b"t" * 1000)
save("odd", layer(
    file("a", b"one\n", mtime=EPOCH, nanoseconds=123456789), hardlink("b", "a"), file("a.txt", b"x" * 5000, uid=70000, gid=80000, mode=0o4755),
    directory("d", mode=0o1777), file("d/zeros", bytes(9000)), file("d/empty"), symlink("d/link", "../a"), symlink("long", "l" * 100),
    character("null", 1, 3), block("disk", 259, 70000), fifo("pipe"), file(b"name-\xff", b"not UTF-8\n"),
    sparse, file("labelled", b"2\n", xattrs={"user.b": b"2", "user.a": b"one", "security.capability": b"\1\0\0\2" + bytes(16)}),
    *(file(f"many/{n:04}-{'x' * 100}") for n in range(200))), config={"Cmd": ["/a"]})
PYTHON
cd "$work" || exit

digests_of() {
	jq -r '.volumes[] | .name + "=" + .tree_digest' "$1.record.json"
}

reads() { # IMG KEY
	local digests
	mapfile -t digests < <(digests_of "$1")
	mkdir -p "$1.out" && python3 "$root/tests/reader.py" "$1" "$2" "$1.out" "${digests[@]}" >"$1.digest"
}

root_of() { # FILE-SYSTEM
	debugfs -R 'ls -p /' "$1" 2>/dev/null | cut -d / -f 6 | grep -vxE '\.{0,2}' | sort
}

for encrypt in all pod none; do
	key=$encrypt.key options=(--key-out "$encrypt.key")
	[ "$encrypt" != none ] || key=- options=()
	check "an image is made with --encrypt $encrypt" seal "$encrypt.img" --container odd=oci:odd --encrypt "$encrypt" "${options[@]}"
	check "the reader takes it" reads "$encrypt.img" "$key"
	check "it finds the seal digest that names it" test "$(cat "$encrypt.img.digest")" = "$(seal_digest "$encrypt.img")"
	for fs in "$encrypt.img.out"/*.ext4; do
		check "e2fsck finds no fault in its $(basename "$fs")" e2fsck -fn "$fs"
	done
done
says "debugfs lists the root of a sealed volume" "$(printf 'containers\npod.json')" root_of pod.img.out/pod.ext4
says "and of a base, with what podseal ls lists" "$("$podseal" ls pod.img / --json | jq -r .path | sort)" root_of pod.img.out/root.ext4

for volume in root:/ pod:/usr/lib/podseal; do
	"$podseal" extract pod.img "${volume#*:}" --key pod.key >volume.tar
	says "the tree digest of volume ${volume%%:*} is the record's" "$(digests_of pod.img | sed -n "s/^${volume%%:*}=//p")" \
		python3 "$root/tests/tree_digest.py" volume.tar
done

# every kind of byte that the page speaks of
damaged() { # OFFSET
	cp pod.img damaged.img && cp pod.img.record.json damaged.img.record.json &&
		printf '\xa5' | dd of=damaged.img bs=1 seek="$1" conv=notrunc status=none
	cmp -s pod.img damaged.img && return 1
	! reads damaged.img pod.key >/dev/null 2>&1
}
partitions pod.img >table
data=$(awk '$2 == "pod-data" { print $3 }' table) hash=$(awk '$2 == "pod-hash" { print $3 }' table) seal=$(awk '$2 == "seal" { print $3 }' table)
for place in "the MBR:3" "a GPT header:600" "the gap before a partition:500000" "the LUKS2 header:$((data + 300))" \
	"the zeros behind it:$((data + 1000000))" "the payload:$((data + 16777216 + 5000))" "the verity superblock:$((hash + 400))" \
	"the hash tree:$((hash + 4100))" "the seal's reserved bytes:$((seal + 30))" "the descriptor:$((seal + 70))" \
	"the backup GPT:$(($(stat -c %s pod.img) - 400))"; do
	check "the reader sees a change in ${place%%:*}" damaged "${place##*:}"
done
done_testing
