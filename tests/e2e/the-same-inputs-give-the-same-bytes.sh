#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever holds the key can build again, elsewhere and differently, and compare byte for byte: nothing but the inputs may show.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
small_images
"$podseal" keygen -o "$work/key"
seal "$work/first.img" --key "$work/key" || not_ok "the first build"

again() {
	local sentence=$1
	shift
	check "$sentence" "$@" && check "  the image is the same" same "$work/first.img" "$work/again.img" &&
		check "  so is the descriptor" same "$work/first.img.seal.json" "$work/again.img.seal.json"
	rm -f "$work"/again.img*
}
for jobs in 1 2 7; do
	again "with --jobs $jobs" seal "$work/again.img" --key "$work/key" --jobs $jobs
done
elsewhere() {
	cd / && umask 077 && mkdir -p "$work/tmp" && TMPDIR=$work/tmp TZ=Pacific/Auckland LC_ALL=C HOME=/nowhere seal "$work/again.img" --key "$work/key"
}
again "in another folder, umask, TMPDIR, time zone" eval '(elsewhere)'
later() {
	find "$work/base" "$work/web" "$work/mesh" -exec touch -d 2001-02-03 {} + && seal "$work/again.img" --key "$work/key"
}
again "when the layouts' files have other times" later
moved() {
	cp -r "$work/base" "$work/other" && podseal_relative=$(realpath --relative-to="$work" "$podseal") &&
		(cd "$work" && "$podseal_relative" build --base oci:other:latest --container web=oci:./web --sidecar mesh=oci:mesh --key key --progress none -o again.img)
}
again "when the layouts are named otherwise" moved
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	other_user() {
		mkdir -p "$work/theirs" && cp -r "$work"/{base,web,mesh,key} "$work/theirs" && chown -R 65534:65534 "$work/theirs" && chmod 755 "$work" &&
			cp "$podseal" "$work/theirs/podseal" &&
			(cd "$work/theirs" && setpriv --reuid 65534 --regid 65534 --clear-groups ./podseal build --base oci:base --container web=oci:web \
				--sidecar mesh=oci:mesh --key key --progress none -o again.img) && mv "$work"/theirs/again.img* "$work"
	}
	again "as another user" other_user
else
	skip "as another user" "not root, or no setpriv"
fi

seal "$work/p1.img" --key "$work/key" &
seal "$work/p2.img" --key "$work/key"
wait $!
check "two builds at once do not disturb each other" same "$work/p1.img" "$work/p2.img"
check "  and give the same image again" same "$work/first.img" "$work/p1.img"

# the builder's own entries carry SOURCE_DATE_EPOCH, the layers' keep theirs
SOURCE_DATE_EPOCH=1700000000 seal "$work/dated.img" --key "$work/key"
mtime() {
	"$podseal" ls "$1" "$(dirname "$2")" --json --key "$work/key" | jq -r --arg name "$(basename "$2")" 'select(.path | endswith($name)) | .mtime'
}
check "SOURCE_DATE_EPOCH dates what the builder makes" test "$(mtime "$work/dated.img" /usr/lib/podseal/pod.json)" = 1700000000
check "and not what the layers bring" test "$(mtime "$work/dated.img" /etc/text)" = 1600000000
check "without it, the images' newest creation time does" test "$(mtime "$work/first.img" /usr/lib/podseal/pod.json)" = 1600000000

# a fresh key: all bytes of the image differ, none of the file system
seal "$work/fresh.img" --key-out "$work/fresh.key"
check "a fresh key gives another image" eval '! cmp -s "$work/first.img" "$work/fresh.img"'
fs_of "$work/first.img" root "$work/first.fs" "$work/key"
fs_of "$work/fresh.img" root "$work/fresh.fs" "$work/fresh.key"
check "with the same file system in it" same "$work/first.fs" "$work/fresh.fs"
check "and the record says so" test "$(jq -r '.volumes[].tree_digest' "$work/first.img.record.json")" = "$(jq -r '.volumes[].tree_digest' "$work/fresh.img.record.json")"

# hosts share the page cache of one base under many pods
"$podseal" build --base "oci:$work/base" --container "a=oci:$work/web" --encrypt pod --key-out "$work/a.key" --progress none -o "$work/a.img" >/dev/null
"$podseal" build --base "oci:$work/base" --container "b=oci:$work/mesh" --encrypt pod --key-out "$work/b.key" --progress none -o "$work/b.img" >/dev/null
for part in data hash; do
	take_partition "$work/a.img" root-$part "$work/a.part" && take_partition "$work/b.img" root-$part "$work/b.part"
	check "--encrypt pod: two pods on one base have the same root-$part" same "$work/a.part" "$work/b.part"
done
root_partitions() {
	partitions "$1" | awk '/ root-/ { print $2, $5, $6 }'
}
says "under the same partition UUIDs" "$(root_partitions "$work/a.img")" root_partitions "$work/b.img"
done_testing
