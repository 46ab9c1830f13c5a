#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A disk that fills up while an image is made: whichever write it hits (content, metadata, hash tree, descriptor, partition table, record, key), one line
# says so and nothing stays on the disk. From the size on at which all fits, the image is whole.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 unshare mount
namespace=(unshare --mount)
[ "$(id -u)" -eq 0 ] || namespace=(unshare --map-root-user --mount)
"${namespace[@]}" mount -t tmpfs -o size=4k none "$work" 2>/dev/null || skip_all "no mount namespace to be had: run as root"

mkdir "$work/files" "$work/disk"
small_image "$work/base"
head -c 700000 /dev/urandom >"$work/files/content"
for i in $(seq 1 200); do echo "$i" >"$work/files/a-file-with-a-long-name-so-that-folders-have-blocks-$i"; done
small_image "$work/container" "$work/files"
build=("$podseal" build --base "oci:$work/base" --container "web=oci:$work/container")

# Runs the command in an empty file system with the mount options $1. What it leaves goes to $work/left, and is verified if it is an image.
on_a_disk_with() {
	export PODSEAL_TEST_DISK_OPTIONS=$1 PODSEAL_TEST_DISK=$work/disk PODSEAL_TEST_LEFT=$work/left PODSEAL_TEST_VERITY=$verity
	shift
	"${namespace[@]}" bash -c '
		mount -t tmpfs -o "$PODSEAL_TEST_DISK_OPTIONS" none "$PODSEAL_TEST_DISK" && cd "$PODSEAL_TEST_DISK" || exit 99
		"$@"
		status=$?
		ls -A >"$PODSEAL_TEST_LEFT"
		[ "$status" -ne 0 ] || "$PODSEAL_TEST_VERITY" verify pod.img >/dev/null || status=98
		exit "$status"' - "$@"
}

# One build for each value, from $3 to $4 in steps of $5, of the mount option $2. Leaves the largest that was too small in $largest.
fill() {
	local what=$1 option=$2 first=$3 last=$4 step=$5 value status wrong=0 failed=0 whole=0
	shift 5
	for value in $(seq "$first" "$step" "$last"); do
		on_a_disk_with "$option=$value" "$@" >/dev/null 2>"$work/err"
		status=$?
		if [ "$status" -eq 0 ] && [ -s "$work/left" ]; then
			whole=$((whole + 1))
		elif [ "$status" -eq 4 ] && [ ! -s "$work/left" ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q 'No space left on device$' "$work/err"; then
			failed=$((failed + 1))
			largest=$value
			sed 's/tmp-[0-9a-f]*/tmp/' "$work/err" >>"$work/messages"
		else
			wrong=$((wrong + 1))
			echo "# $option=$value: exit status $status, left: $(tr '\n' ' ' <"$work/left")"
			tell "$work/err"
		fi
	done
	check "$what: each build is whole, or ends in one line and leaves nothing" test "$wrong" -eq 0
	check "$what: some failed, some had room" test $((failed > 0 && whole > 0)) -eq 1
}

# In pages of 4 KiB where it is tight: the last files to be written are that small.
fill_coarse_and_fine() {
	fill "$1" size $((4 << 10)) $((2500 << 10)) $((96 << 10)) "${@:2}"
	fill "$1, nearly full" size "$largest" $((largest + (96 << 10))) 4096 "${@:2}"
}

fill_coarse_and_fine "sealed" "${build[@]}" --key-out pod.key -o pod.img
fill_coarse_and_fine "base signed, pod sealed" "${build[@]}" --encrypt pod --key-out pod.key -o pod.img
# what is written last fits where a megabyte before it did, unless it is the number of files that is limited
fill "room for few files" nr_inodes 2 8 1 "${build[@]}" --key-out pod.key -o pod.img
check "some failed beside the image" grep -q 'writing what goes beside the image' "$work/messages"
sort "$work/messages" | uniq -c | sed 's/^/# /'
done_testing
