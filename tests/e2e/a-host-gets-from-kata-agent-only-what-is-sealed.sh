#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Under Kata the host, the node and the control plane ask the guest's agent to run containers. The sealed policy lets through what Kubernetes honestly
# asks for with containerd and with CRI-O, and nothing else: each request of tests/kata/policy is judged, and the rule that decides is the expected one.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/kata/policy/kata.sh
. "$root/tests/kata/policy/kata.sh"
cd "$work" || exit

kata_images
check "the pod is sealed for Kata" build_for_kata pod.img
kata_policy pod.img >policy.rego
web=$(jq -r '.manifests[0].digest' images/web/index.json)

evaluator=$(command -v opa || command -v regorus)
if [ -z "$evaluator" ]; then
	skip "$(jq '[.[] | select(.says)] | length + 10' "$root/tests/kata/policy/cases.json") requests are judged as they should be" \
		"neither opa nor regorus is on the PATH"
	done_testing
fi
while IFS= read -r line; do
	case $line in
	"ok - "*) ok "${line#ok - }" ;;
	"not ok - "*) not_ok "${line#not ok - }" ;;
	*) echo "$line" ;;
	esac
done < <(python3 -B "$root/tests/kata/policy/judge.py" "$evaluator" policy.rego "$web" || echo "not ok - the judge came to its end")

# A request with nothing in it, which the rules that look at one refuse.
with_exec() {
	local form=()
	[ "$(basename "$evaluator")" != opa ] || form=(-f json)
	echo '{}' >empty.json
	"$evaluator" eval "${form[@]}" -d exec.rego -i empty.json data.agent_policy 2>printed | jq -c '.result[0].expressions[0].value |
		[.ExecProcessRequest, .ReadStreamRequest, .WriteStreamRequest, .CloseStdinRequest, .TtyWinResizeRequest, .SetPolicyRequest, .CopyFileRequest]'
}
check "the pod is sealed with exec allowed" build_for_kata exec.img --allow-exec
kata_policy exec.img >exec.rego
says "exec and its streams are then allowed, and nothing else" '[true,true,true,true,true,false,false]' with_exec
done_testing
