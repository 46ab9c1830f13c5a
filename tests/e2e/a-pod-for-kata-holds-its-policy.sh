#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A release engineer seals a pod for Kata: the base gets what Kata needs and is the same for every pod, the pod gets the policy that its agent enforces,
# and what is wrong with a base is told at once.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/kata/policy/kata.sh
. "$root/tests/kata/policy/kata.sh"
cd "$work" || exit

kata_images
cat_of() {
	"$podseal" cat pod.img "$1" --key pod.img.key
}
digest_in() {
	jq -r .kata_policy "$1.seal.json"
}

check "a pod is sealed for Kata" build_for_kata pod.img
kata_policy pod.img >policy.rego
says "its descriptor has the policy's digest" "sha256:$(sha256sum <policy.rego | cut -d ' ' -f 1)" digest_in pod.img
check "  and inspect shows it" grep -q "^Kata policy   $(digest_in pod.img)\$" <("$podseal" inspect pod.img)
check "  and a reviewer's verification takes it" "$verity" verify pod.img
says "the policy names the pod's containers" '["setup","proxy","web","worker"]' \
	jq -c '[.containers[].name]' <(sed -n 's/^policy_data := {/{/;/^{/,$p' policy.rego)
check "the base holds the image service, as it was built" cmp <(cat_of /usr/lib/podseal-kata/podseal-imaged) "$PROGRAMS/podseal-imaged"
check "  with its unit" cmp <(cat_of /usr/lib/systemd/system/podseal-imaged.service) "$root/guest-init/imaged/podseal-imaged.service"
check "  and the policy's path for the agent" \
	grep -qx 'Environment=KATA_AGENT_POLICY_FILE=/usr/lib/podseal/kata/policy.rego' <(cat_of /usr/lib/systemd/system/kata-agent.service.d/podseal.conf)
check "  which sees no disk to take another policy from" \
	grep -qx 'ExecStart=/usr/lib/podseal-kata/podseal-no-disks /usr/bin/kata-agent' <(cat_of /usr/lib/systemd/system/kata-agent.service.d/no-disks.conf)
check "    by way of a program" cmp <(cat_of /usr/lib/podseal-kata/podseal-no-disks) "$PROGRAMS/podseal-no-disks"
check "  and a pause container" cmp <(cat_of /pause_bundle/rootfs/pause) "$PROGRAMS/podseal-pause"
says "  whose process is that" '["/pause"]' jq -c .process.args <(cat_of /pause_bundle/config.json)

pause_ends_on() {
	"$PROGRAMS/podseal-pause" &
	local pid=$!
	# it sleeps nowhere but where it waits for signals
	until grep -q '(podseal-pause) S' "/proc/$pid/stat"; do kill -0 "$pid" || return 1; done
	kill "-$1" "$pid"
	wait "$pid"
}
check "pause ends when it is told to" pause_ends_on TERM
check "  and when it is interrupted" pause_ends_on INT

seal_on_base() {
	"$podseal" build --kata --base "oci:$work/base" --container "web=$1" --encrypt pod --key-out "$2.key" --progress none -o "$2"
}
check "two pods are sealed on one base" eval 'seal_on_base oci:images/web one.img && seal_on_base oci:images/setup two.img'
take_partition one.img root-data one.base
take_partition two.img root-data two.base
check "  and it is byte for byte the same in both" same one.base two.base
check "  while their policies differ" test "$(digest_in one.img)" != "$(digest_in two.img)"
cp pod.img.key again.img.key
build_for_kata again.img >/dev/null
check "the same pod again is the same image" same pod.img again.img

check "exec is allowed where that was asked for" build_for_kata exec.img --allow-exec
kata_policy exec.img >exec.rego
check "  which is all that the policy then differs in" \
	test "$(diff policy.rego exec.rego | grep '^[<>]')" = $'<   "allow_exec": false,\n>   "allow_exec": true,'
printf 'package agent_policy\n\ndefault CreateContainerRequest := true\n' >own.rego
check "a policy of one's own is sealed" build_for_kata own.img --policy own.rego
check "  as it is" same own.rego <(kata_policy own.img)

make_images <<-'PYTHON'
	save("bare", small_base())
	save("wrong", layer(directory("usr/local/bin"), file("usr/local/bin/attestation-agent", b"x"), file("usr/bin/kata-agent", b"x"),
	                    symlink("usr/lib/systemd/system-generators", "/generators"), file("generators/kata-extension-mount-generator", b"x"),
	                    directory("pause_bundle")))
PYTHON
refuses_build "a base without what Kata needs is told what it lacks, all at once" 3 \
	'oci:bare: not a base for --kata: it lacks kata-agent \(/usr/bin/kata-agent\), kata-agent.service, kata-containers.target, tmp.mount$' \
	--kata --base oci:bare --container web=oci:images/web
refuses_build "  and what it must not hold" 3 \
	'it lacks kata-agent.service, kata-containers.target, tmp.mount; it must not hold /usr/local/bin/attestation-agent, .*kata-extension-mount-generator, /pause_bundle$' \
	--kata --base oci:wrong --container web=oci:images/web
echo 'package something' >other.rego
refuses_build "a file that is no agent policy is refused" 3 'reading the policy: other.rego: no line says "package agent_policy"' \
	--kata --policy other.rego --base oci:base --container web=oci:images/web
refuses_build "a policy without --kata is refused" 2 '--allow-exec and --policy go with --kata' --policy own.rego --base oci:base --container web=oci:images/web
refuses_build "--kata without a container is refused" 2 '--kata, but there is no container' --kata --base oci:base
done_testing
