# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# lib.sh: what every test script sources first:  . "$(dirname "$0")/../lib.sh"
#
#   $root $work             the repository; a folder of the test's own, removed at its end
#   $podseal $verity        the programs, out of $PROGRAMS (default: build/)
#
#   need TOOL...                                  skips the whole script where a tool is missing
#   skip_all REASON                               skips it for another reason, which names what is missing
#   check SENTENCE COMMAND...                     ok if the command exits 0; what it printed is shown if not
#   refuses SENTENCE EXIT REGEX COMMAND...        ok if it exits with EXIT and says one line on standard error that
#                                                 matches the extended regular expression, and no more
#   refuses_build SENTENCE EXIT REGEX OPTION...   the same for `podseal build`, which must also leave nothing behind
#   small_image DIR [TAR...]                      an OCI layout at DIR: of the tars, or else of a few small files
#   generate NAME ARGUMENT...                     runs tests/generators/NAME.py
#   until_true SECONDS COMMAND...                 waits until it exits 0: for at most so long, and then fails
#   ended PID                                     for until_true: that program runs no more
#   writes PID FILE REGEX                         waits until that program has written such a line: for at most 60 s, or until it ends
#   same FILE FILE                                for check: equal to the byte; shows where not
#   ok SENTENCE / not_ok SENTENCE / skip SENTENCE REASON      one verdict, where the four above do not fit
#   finally COMMAND                               is run when the script ends, however it does; its exit status stays what it is
#   done_testing                                  the last line of the script: prints the plan
#
# A script that ends before done_testing has failed. Standard output is TAP; a failing command's words are in `# ` lines.
set -uo pipefail
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROGRAMS=$(cd "${PROGRAMS:-$root/build}" 2>/dev/null && pwd) || PROGRAMS=$root/build
podseal=$PROGRAMS/podseal
verity=$PROGRAMS/podseal-verity
work=$(mktemp -d "${TMPDIR:-/tmp}/podseal-test.XXXXXX") || exit 1
tests_run=0 tests_failed=0 tests_complete=
# shellcheck disable=SC2034 # these are for the script that sources this
readonly root podseal verity work

finals=()
finally() {
	finals+=("$1")
}

# The exit status is the script's, whatever else is done here.
at_end() {
	local status=$? command
	for command in "${finals[@]}"; do
		eval "$command"
	done
	chmod -R u+rwX "$work" 2>/dev/null
	rm -rf "$work"
	[ -n "$tests_complete" ] && exit "$status"
	echo "Bail out! The script ended after test $tests_run, with status $status, before done_testing."
	exit 1
}
trap at_end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

not_ok() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
}

skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	tests_complete=yes
	exit 77
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

# A file as TAP comments, its last 40 lines.
tell() {
	tail -n 40 "$1" | sed 's/^/#   /'
}

check() {
	local sentence=$1 status
	shift
	if "$@" >"$work/.said" 2>&1; then
		ok "$sentence"
		return 0
	else
		status=$?
	fi
	not_ok "$sentence"
	echo "#   exit status $status: ${*@Q}"
	tell "$work/.said"
	return 1
}

refuses() {
	local sentence=$1 want=$2 regex=$3 status
	shift 3
	"$@" >"$work/.out" 2>"$work/.said"
	status=$?
	if [ "$status" -eq "$want" ] && [ "$(wc -l <"$work/.said")" -eq 1 ] && grep -Eq -- "$regex" "$work/.said"; then
		ok "$sentence"
		return 0
	fi
	not_ok "$sentence"
	echo "#   exit status $status, not $want, or not one line that matches \"$regex\": ${*@Q}"
	tell "$work/.said"
	return 1
}

until_true() {
	local last=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$last" ] || return 1
		sleep 0.05
	done
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

said_or_ended() {
	grep -qs -- "$3" "$2" || ended "$1"
}

writes() {
	until_true 60 said_or_ended "$@"
	grep -qs -- "$3" "$2"
}

same() {
	cmp -- "$1" "$2" && return 0
	diff -u -- "$1" "$2" | head -n 40
	return 1
}

# The key and the image go to a folder of their own, which must be empty afterwards.
refuses_build() {
	local sentence=$1 want=$2 regex=$3 left
	shift 3
	rm -rf "$work/.build"
	mkdir "$work/.build"
	refuses "$sentence" "$want" "$regex" timeout -k 5 60 "$podseal" build "$@" --key-out "$work/.build/pod.key" -o "$work/.build/pod.img" || return 1
	left=$(ls -A "$work/.build")
	[ -z "$left" ] && return 0
	not_ok "nothing is left behind: $sentence"
	tell - <<<"$left"
	return 1
}

small_image() {
	local out=$1
	shift
	echo '{"Cmd": ["/bin/true"]}' >"$work/.config"
	if [ $# -eq 0 ]; then
		mkdir -p "$work/.files/etc" "$work/.files/bin"
		echo podseal >"$work/.files/etc/hostname"
		seq 1 2000 >"$work/.files/etc/numbers"
		echo '#!/bin/sh' >"$work/.files/bin/true"
		set -- "$work/.files"
	fi
	"$root/images/oci-layout" "$out" "$work/.config" "$@"
}

generate() {
	local name=$1
	shift
	python3 -B "$root/tests/generators/$name.py" "$@"
}

done_testing() {
	echo "1..$tests_run"
	tests_complete=yes
	[ "$tests_failed" -eq 0 ]
	exit
}
