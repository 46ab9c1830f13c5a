#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A test that dies, hangs or stops half way must not look like one that passed: the runner is run over tests that do all that.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

tree=$work/tree
mkdir -p "$tree/tests/e2e" "$tree/tests/fuzz"
cp "$root/tests/run" "$root/tests/lib.sh" "$tree/tests/"

# One script test: its name, its body.
script() {
	printf '%s\n' "$2" >"$tree/tests/e2e/$1.sh"
}

# The runner's last line over the tests there are, which are removed then.
summary() {
	TEST_SECONDS=2 "$tree/tests/run" "$@" >"$work/said" 2>&1
	echo "exit $?: $(tail -n 1 "$work/said")" >"$work/summary"
	rm -f "$tree"/tests/e2e/*
}

sums_up() {
	local sentence=$1 want=$2
	shift 2
	summary "$@"
	check "$sentence" test "$(cat "$work/summary")" = "$want" || tell "$work/said"
}

script good 'echo 1..2; echo ok 1 - a; echo ok 2 - b'
sums_up "what passes is counted" "exit 0: 2 passed, 0 failed, 0 skipped"

script good 'echo ok 1 - a; echo 1..1'
script bad 'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
sums_up "a failure fails the run" "exit 1: 2 passed, 1 failed, 0 skipped"
check "and is shown" grep -qx 'not ok 2 - b' "$work/said"

script short 'echo 1..3; echo ok 1 - a'
sums_up "fewer results than planned is a failure" "exit 1: 1 passed, 1 failed, 0 skipped"

script planless 'echo ok 1 - a'
sums_up "no plan is a failure" "exit 1: 1 passed, 1 failed, 0 skipped"

script dies 'echo 1..1; echo ok 1 - a; kill -SEGV $$'
sums_up "dying after the last result is a failure" "exit 1: 1 passed, 1 failed, 0 skipped"

script hangs 'echo 1..1; echo ok 1 - a; sleep 60'
sums_up "taking too long is a failure" "exit 1: 1 passed, 1 failed, 0 skipped"

script lib '. "$(dirname "$0")/../lib.sh"; ok a; exit 0'
sums_up "a script of ours that ends before done_testing has failed" "exit 1: 1 passed, 1 failed, 0 skipped"

script good 'echo 1..1; echo ok 1 - a'
script skips '. "$(dirname "$0")/../lib.sh"; need no-such-tool'
script half '. "$(dirname "$0")/../lib.sh"; ok a; skip b "no such device"; done_testing'
sums_up "what is skipped is counted" "exit 0: 2 passed, 0 failed, 2 skipped"
check "with its reason, for a whole script" grep -q 'e2e/skips: no-such-tool is not installed' "$work/said"
check "and for one test" grep -q 'e2e/half: b: no such device' "$work/said"

script skips 'echo "1..0 # SKIP nothing here"; exit 77'
sums_up "skipping all is not passing" "exit 1: 0 passed, 0 failed, 1 skipped"
sums_up "running nothing is not passing" "exit 1: 0 passed, 0 failed, 0 skipped"

script one 'echo 1..1; echo ok 1 - a'
script two 'echo 1..1; echo not ok 1 - a; exit 1'
sums_up "a name chooses" "exit 0: 1 passed, 0 failed, 0 skipped" e2e/one
done_testing
