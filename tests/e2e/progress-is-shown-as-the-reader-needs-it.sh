#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How far is it? A bar for someone at a terminal, a line now and then for a log, JSON for a program, nothing where nothing is wanted. Never on standard
# output, which has the result.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need script
cd "$work" || exit
# large enough to be looked at on its way
make_images <<'PYTHON'
save("base", small_base(), layer(file("big", os.urandom(150_000_000))), compress="")
PYTHON
size=$(jq '[.layers[].size] | add' "base/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' base/index.json)")
build() {
	rm -f key* pod.img*
	"$podseal" build --base oci:base --key-out key -o pod.img --jobs 1 "$@"
}

check "none says nothing" eval 'build --progress none >out 2>err && test ! -s err'
says "  and the result is on standard output" "seal $(seal_digest pod.img)" tail -n 1 out
quiet() { # OPTION...: no line, unless the build took the 5 s after which there is one
	local started=$SECONDS
	build "$@" >out 2>err && { [ ! -s err ] || [ $((SECONDS - started)) -ge 5 ]; }
}
check "plain says nothing of a build that is done before it would" quiet --progress plain
check "auto is plain where there is no terminal" quiet --progress auto
check "that is the default" quiet

check "json" eval 'build --progress json >out 2>err'
check "  is an object a line, with all numbers" jq -es 'length > 0 and all(.[]; has("stage") and (.bytes_read <= .bytes_total) and (.layers_read <= .layers_total) and .layers_total == 2 and .seconds >= 0)' err
says "  that only grow, up to the end" "[true,2,$size,\"seal\"]" jq -cs '[([.[].bytes_read] | . == sort), .[-1].layers_read, .[-1].bytes_read, .[-1].stage]' err
check "  and nothing of it is on standard output" eval '! grep -q "{" out'

on_terminal() {
	rm -f key* pod.img*
	script -qec "stty cols 150; '$podseal' build --base oci:base --key-out key -o pod.img --jobs 1 ${1-} >out" typescript </dev/null >/dev/null 2>&1
}
check "on a terminal" on_terminal
check "  there is a bar with layers, bytes, rate and time left" grep -aEq $'\r\\[#*\\.*\\] layer [12] of 2, [0-9.]+ (B|[KM]iB) of 143\\.[0-9] MiB, [0-9.]+ [KMG]iB/s, [0-9]+ s left\e\\[K' typescript
check "  that is wiped out at the end" grep -aPzq '\r\x1b\[K(?!.*layer)' typescript
check "  also with --progress auto" eval 'on_terminal "--progress auto" && grep -aq "layer [12] of 2" typescript'
check "  not with plain" eval 'on_terminal "--progress plain" && ! grep -aq "layer [12] of 2" typescript'
check "  nor with none" eval 'on_terminal "--progress none" && ! grep -aq "layer [12] of 2" typescript'
narrow() {
	rm -f key* pod.img*
	script -qec "stty cols 40; '$podseal' build --base oci:base --key-out key -o pod.img --jobs 1 >out" typescript </dev/null >/dev/null 2>&1
	! tr '\r' '\n' <typescript | grep -a '^\[' | sed 's/\x1b.*//' | grep -aEq '.{40}'
}
check "  a narrow one gets a line that fits" narrow
refuses "another style is refused" 2 'fancy.*auto, plain, json or none' build --progress fancy
done_testing
