#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A key owner turns an image and its measurements into the policy that the broker will hold reports against.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need jq python3

small_image "$work/base"
check "an image to make a policy for" "$podseal" build --base "oci:$work/base" --key-id team/key/web --key-out "$work/key" -o "$work/pod.img"
one=$(printf 'ab%.0s' {1..48}) two=$(printf 'cd%.0s' {1..48})

"$podseal" policy "$work/pod.img" --measurement "$one" --measurement "$two" --product Milan -o "$work/policy.json" >"$work/said"
check "it lists the measurements and the product" test "$(jq -c . "$work/policy.json")" = "{\"measurements\":[\"$one\",\"$two\"],\"products\":[\"Milan\"]}"
check "it says where the broker keeps the key" grep -q -- '--path team/key/web ' "$work/said"

"$podseal" policy "$work/pod.img" --measurement "$one" --host-data --id-key-digest "$two" -o "$work/bound.json" --json >"$work/said.json"
seal=$("$verity" root "$work/pod.img" | sed -n 's/^seal sha256://p')
check "HOST_DATA is the seal digest" test "$(jq -r .host_data "$work/bound.json")" = "$seal"
check "--json says the same" test "$(jq -r '.seal_digest + " " + .key_ids[0]' "$work/said.json")" = "sha256:$seal team/key/web"
check "--json holds the policy" test "$(jq -cS .policy "$work/said.json")" = "$(jq -cS . "$work/bound.json")"

refuses "no measurement" 2 "needs --measurement" "$podseal" policy "$work/pod.img" -o "$work/none.json"
refuses "a measurement that is none" 3 'measurement "abc"' "$podseal" policy "$work/pod.img" --measurement abc -o "$work/none.json"
refuses "a product nobody makes" 2 '"Rome"' "$podseal" policy "$work/pod.img" --measurement "$one" --product Rome -o "$work/none.json"
refuses "an image that is none" 3 "$work/key" "$podseal" policy "$work/key" --measurement "$one" -o "$work/none.json"
check "an open image is built" "$podseal" build --base "oci:$work/base" --encrypt none -o "$work/open.img"
refuses "an image without a sealed volume" 3 "no volume is sealed" "$podseal" policy "$work/open.img" --measurement "$one" -o "$work/none.json"
check "what was refused left no file" test ! -e "$work/none.json"

done_testing
