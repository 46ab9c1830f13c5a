#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever presses Ctrl-C, or whose CI job is cancelled, finds the folder as it was before; after kill -9 there is at most one file to remove, and its name
# says what it is. There is never a half image under the image's name.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 tar

mkdir "$work/files" "$work/out"
for i in 1 2 3; do head -c 20000000 /dev/urandom >"$work/files/$i"; done
tar -C "$work/files" -cf "$work/base.tar" .
cd "$work/out" || exit
build=("$podseal" build --base "rootfs:$work/base.tar" --jobs 1 --key-out pod.key -o pod.img)
all="pod.img pod.img.record.json pod.img.seal.json pod.key"

# the quickest of a few: on a busy machine one build can take several times as long as the next
took=1000000000
for i in 1 2 3 4 5; do
	started=${EPOCHREALTIME/./}
	"${build[@]}" >/dev/null || exit
	this=$((${EPOCHREALTIME/./} - started))
	[ "$this" -ge "$took" ] || took=$this
	rm -f -- *
done
RANDOM=1

# Some microseconds of the time that a build takes and a tenth more, as timeout(1) takes them.
some_delay() {
	local delay=$(((RANDOM * 32768 + RANDOM) % (took + took / 10) + 1))
	printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000))
}

left() {
	local names
	names=$(ls -A)
	echo "${names//$'\n'/ }"
}

whole() {
	[ "$(left)" = "$all" ] && "$verity" verify pod.img >/dev/null
}

# Builds that get the signal $1 at $2 moments; "$3" tells whether what one left is well.
interrupt() {
	local signal=$1 times=$2 well=$3 status wrong=0 killed=0 delay i
	for ((i = 0; i < times; i++)); do
		delay=$(some_delay)
		{ timeout --foreground -s "$signal" "$delay" "${build[@]}" >/dev/null 2>"$work/err"; } 2>/dev/null
		status=$?
		[ "$status" -eq 0 ] || killed=$((killed + 1))
		if ! "$well" && ! whole; then
			wrong=$((wrong + 1))
			echo "# $signal after $delay s: status $status, left: $(left)"
		fi
		rm -f -- *
	done
	check "SIG$signal leaves ${4} (at $times moments)" test "$wrong" -eq 0
	check "enough of them came while it was building" test "$killed" -ge $((times / 4))
}

nothing() {
	[ -z "$(left)" ]
}

one_named_file() {
	local name temporary=0
	for name in $(left); do
		case $name in
		pod.img) "$verity" verify pod.img >/dev/null && [ -s pod.key ] || return 1 ;;
		*.podseal-tmp-*) temporary=$((temporary + 1)) ;;
		esac
	done
	[ "$temporary" -le 1 ]
}

interrupt INT 15 nothing "nothing"
interrupt TERM 15 nothing "nothing"
interrupt HUP 10 nothing "nothing"
interrupt KILL 25 one_named_file "at most one file, named as temporary"

reader_gone() {
	"${build[@]}" --progress json 2>&1 | head -c 1 >/dev/null
	nothing || whole
}
check "whoever reads the progress may leave" reader_gone
done_testing
