# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# kata.sh: a pod sealed for Kata. Sourced after lib.sh and images.sh; skips the script where there can be none.
#
#   kata_images                  makes $work/base, with a kata-agent that only looks like one, and the images of pod.yaml
#   build_for_kata OUT OPTION... podseal build --kata of these, with the key OUT.key, made unless it is there
#   kata_policy IMG              the policy in it
# shellcheck disable=SC2154 # root, work, podseal: lib.sh's
kata_programs

kata_images() {
	make_images <<-PYTHON
		import sys
		sys.path.insert(0, "$root/tests/kata/policy")
		from specimen import *
		kata_images()
	PYTHON
}

build_for_kata() {
	local out=$1 key=--key-out
	shift
	[ ! -e "$out.key" ] || key=--key
	"$podseal" build --kata --base "oci:$work/base" --pod "$root/tests/kata/policy/pod.yaml" --images "$work/images" --progress none \
		"$key" "$out.key" "$@" -o "$out"
}

kata_policy() {
	"$podseal" cat "$1" /usr/lib/podseal/kata/policy.rego --key "$1.key"
}
