#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a command prints may not get through: the disk behind a redirection is full, or standard output is closed. Then it does not claim success.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
small_image "$work/base"
cd "$work" || exit
"$podseal" build --base oci:base --key-out pod.key -o pod.img >/dev/null || exit

# after a failed write libarchive 3.6 does not release 33 bytes of its own
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0

to_full() {
	"$@" >/dev/full
}
to_nobody() {
	"$@" >&-
}
commands=(
	"ls pod.img / -R --key pod.key"
	"ls pod.img / -R --json --key pod.key"
	"cat pod.img /etc/numbers --key pod.key"
	"cat pod.img /etc/hostname --key pod.key"
	"extract pod.img / --key pod.key"
	"inspect pod.img"
	"inspect pod.img --json"
	"check pod.img --key pod.key --record pod.img.record.json"
	"--version"
	"help build"
	"completion bash"
)
for command in "${commands[@]}"; do
	# shellcheck disable=SC2086 # a command line is words
	refuses "a full disk: podseal $command" 4 'standard output.*: (No space left on device|Write error)|No space left on device' to_full "$podseal" $command
	# shellcheck disable=SC2086
	refuses "standard output is closed: podseal $command" 4 'Bad file descriptor' to_nobody "$podseal" $command
done
for command in "verify pod.img --json" "root pod.img"; do
	# shellcheck disable=SC2086
	refuses "a full disk: podseal-verity $command" 4 'standard output.*No space left on device' to_full "$verity" $command
done

reader_leaves() {
	"$podseal" cat pod.img /etc/numbers --key pod.key | head -n 1 >first
	[ "$(cat first)" = 1 ]
}
check "a reader that leaves early is no error of ours" reader_leaves

# The image is made before its name is printed: it stays.
refuses "the build's own report does not get through" 4 'standard output' to_full "$podseal" build --base oci:base --key-out two.key -o two.img
check "the image is whole all the same" "$verity" verify two.img
closed_everything() {
	"$podseal" build --base oci:base --progress json --key-out three.key -o three.img <&- >&- 2>&-
	[ -s three.key ] && "$verity" verify three.img && "$podseal" ls three.img --key three.key
}
check "with all three descriptors closed, nothing is written into the wrong file" closed_everything
done_testing
