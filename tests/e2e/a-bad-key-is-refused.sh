#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key that others may read, that is not one, or that would overwrite another, is refused before anything is made with it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
small_image "$work/base"
cd "$work" || exit
"$podseal" keygen -o good.key || exit
check "a key is 64 bytes that only its owner may read" test "$(stat -c '%s %a' good.key)" = "64 600"

head -c 63 good.key >short.key
{ cat good.key; echo; } >long.key
{ head -c 32 good.key; head -c 32 good.key; } >halves.key
: >empty.key
chmod 600 short.key long.key halves.key empty.key
for mode in 640 604 620 660; do
	install -m "$mode" good.key "open-$mode.key"
done
mkdir folder.key
mkfifo -m 600 fifo.key

build_with() {
	timeout 10 "$podseal" build --base oci:base --key "$1" -o pod.img
}
try() {
	local sentence=$1 key=$2 words=$3
	refuses "$sentence" 3 "^podseal: reading the key: $key: $words" build_with "$key"
}
try "a key that is too short" short.key '63 bytes, a key is 64$'
try "a key that is too long" long.key '65 bytes, a key is 64$'
try "an empty key" empty.key '0 bytes, a key is 64$'
try "a key whose halves are equal" halves.key 'not a key: its two halves are equal$'
for mode in 640 604 620 660; do
	try "a key of mode $mode" "open-$mode.key" "others may use this key \(mode 0$mode\); run: chmod 600 open-$mode\.key\$"
done
try "a key that is a folder" folder.key 'not a regular file$'
try "a key that is a fifo" fifo.key 'not a regular file$'
try "a key that is a device" /dev/zero 'not a regular file$'
try "a key that is not there" none.key 'no such file$'
try "a key below a file" good.key/x ''

fresh() {
	"$podseal" build --base oci:base --key-out "$1" -o pod.img
}
cp good.key before.key
refuses "a fresh key never overwrites one" 3 '^podseal: making the key: good\.key: exists already' fresh good.key
refuses "nor takes the place of a folder" 3 '^podseal: making the key: folder\.key: exists already' fresh folder.key
ln -s nowhere link.key
refuses "nor that of a symbolic link" 3 '^podseal: making the key: link\.key: exists already' fresh link.key
refuses "a fresh key in a folder that is not there" 4 '^podseal: making the key: none/k: .*No such file or directory' fresh none/k
refuses "keygen overwrites none either" 3 '^podseal: making a key: good\.key: exists already' "$podseal" keygen -o good.key
check "the key is what it was" same before.key good.key
check "no image was made" test -z "$(find . -name 'pod.img*')"

refuses "both a key and a fresh one" 2 'one of --key-out KEY .* and --key KEY' "$podseal" build --base oci:base --key good.key --key-out new.key -o pod.img
refuses "no key at all" 2 'one of --key-out KEY .* and --key KEY' "$podseal" build --base oci:base -o pod.img
refuses "a key for an image that needs none" 2 '--encrypt none uses no key' "$podseal" build --base oci:base --encrypt none --key good.key -o pod.img

# as an ordinary user: root may lock memory whatever the limit is
no_locked_memory() {
	(
		ulimit -l 0
		[ "$(id -u)" -eq 0 ] || exec "$@"
		exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	)
}
if ! command -v setpriv >/dev/null || grep -q __asan_init "$podseal"; then
	skip "a build without locked memory" "setpriv, and a program without AddressSanitizer, which makes mlock do nothing"
else
	chmod 755 "$work"
	mkdir -m 777 open
	refuses "a build without locked memory" 4 'making the key: locking [0-9]+ bytes of memory for a secret \(see ulimit -l\)' \
		no_locked_memory "$podseal" build --base oci:base --key-out open/pod.key -o open/pod.img
	check "leaves nothing" test -z "$(ls -A open)"
fi
done_testing
