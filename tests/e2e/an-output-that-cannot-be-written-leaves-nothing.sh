#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where the output cannot go, or no more of it fits, podseal says so in one line, and the folder is as it was before.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 setpriv
small_image "$work/base"
"$podseal" keygen -o "$work/known.key" || exit
mkdir "$work/out"
cd "$work/out" || exit

# The build with its output at $1, as whom it is told to run.
build_to() {
	local output=$1
	shift
	"$@" "$podseal" build --base "oci:$work/base" --key "$work/known.key" -o "$output"
}

# What lies below $work/out is what it was.
unchanged() {
	find . -printf '%P %y %s\n' | sort >"$work/after"
	check "nothing is left behind: $1" same "$work/before" "$work/after"
}

try() {
	local sentence=$1
	find . -printf '%P %y %s\n' | sort >"$work/before"
	refuses "$@"
	unchanged "$sentence"
}

mkdir folder
mkfifo fifo
ln -s folder link-to-folder
ln -s nowhere/at/all link-to-nothing
echo text >file
try "the output is a folder" 3 '^podseal: opening the output: folder: is a directory$' build_to folder
try "the output is a symbolic link to a folder" 3 'link-to-folder: is a directory' build_to link-to-folder
try "the output is a fifo" 3 '^podseal: opening the output: fifo: exists and is not a regular file$' build_to fifo
try "the output is a device" 3 '^podseal: opening the output: /dev/null: exists and is not a regular file$' build_to /dev/null
try "the output's folder is not there" 4 'opening the output: none/pod\.img.*: No such file or directory' build_to none/pod.img
try "the output is below a file" 4 'opening the output: file/pod\.img.*: Not a directory' build_to file/pod.img
try "the output's name is too long" 4 'File name too long' build_to "$(printf 'n%.0s' {1..255})"
try "the output has no name" 3 'opening the output: ' build_to ''

mkdir pod.img.seal.json
try "the descriptor's place is taken by a folder" 3 'pod\.img\.seal\.json: is a directory' build_to pod.img
rmdir pod.img.seal.json
mkdir pod.img.record.json
try "the record's place is taken by a folder" 3 'pod\.img\.record\.json: is a directory' build_to pod.img
rmdir pod.img.record.json

# as an ordinary user where we are root, to whom no folder is closed
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}
mkdir closed
chmod 555 closed
chmod -R a+rX "$work/base"
chmod 755 "$work" "$work/out"
try "the output's folder is closed to the user" 4 'opening the output: closed/pod\.img.*: Permission denied' \
	as_user "$podseal" build --base "oci:$work/base" --encrypt none -o closed/pod.img
mkdir -m 777 open
try "the key's folder is closed to the user" 4 'making the key: closed/pod\.key: .*Permission denied' \
	as_user "$podseal" build --base "oci:$work/base" --key-out closed/pod.key -o open/pod.img
mkdir -m 700 "$work/secret"
"$root/images/oci-layout" "$work/secret/base" "$work/.config" "$work/.files"
if [ "$(id -u)" -eq 0 ]; then
	try "the layout is closed to the user" 4 "opening the images: base: oci:[^ ]*/secret/base: .*Permission denied" \
		as_user "$podseal" build --base "oci:$work/secret/base" --encrypt none -o open/pod.img
else
	skip "the layout is closed to the user" "needs root, to make a folder of somebody else"
fi

limited() {
	local kib=$1
	shift
	(
		ulimit -f "$kib"
		exec "$@"
	)
}
for kib in 1 100 4096 18000; do
	try "the output may not grow past $kib KiB" 4 'File too large' build_to pod.img limited "$kib"
done

# an image that is there already stays what it was
build_to pod.img >/dev/null || exit
try "a failed build leaves the image of the build before" 4 'File too large' build_to pod.img limited 100
try "a refused one too" 3 'opening the images: base: ' "$podseal" build --base "oci:$work/none" --key "$work/known.key" -o pod.img
try "one with a bad command line too" 2 '^podseal: ' "$podseal" build --base "oci:$work/base" -o pod.img
done_testing
