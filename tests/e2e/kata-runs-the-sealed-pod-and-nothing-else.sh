#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Under Kata the host asks kata-agent for containers, and kata-agent asks the guest's image service for their images. What was sealed comes up and
# answers over the network; whatever else the host asks for does not. The guest is the demo's, with a stand-in for kata-agent (tests/kata/agent) that
# does what kata-agent does, in its order, over containerd's own ttrpc. The policy, which kata-agent asks before it does anything, is not in question
# here (a-host-gets-from-kata-agent-only-what-is-sealed.sh): what is refused here is refused by the image service alone.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/broker.sh
. "$(dirname "$0")/../broker.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
# shellcheck source=tests/imaged.sh
. "$(dirname "$0")/../imaged.sh"
need qemu-system-x86_64 curl
kata_programs
guest_kernel
demo_images base web mesh
kata_agent_build
cd "$work" || exit
vm=''
finally '[ -z "$vm" ] || kill "$vm" 2>/dev/null'

# The host's requests, in the words of tests/kata/agent/steps.go
digest=$(jq -r '.manifests[0].digest' "$root/demo/web/index.json")
web=docker.io/library/web:latest mesh=docker.io/library/mesh:latest at=/run/kata-containers
mkdir -p layer/usr/bin layer/etc
cp -R "$root/tests/kata/rootfs/." layer
cp agent layer/usr/bin/kata-agent
cat >layer/etc/kata-agent.steps <<STEPS
devices list /dev/*
policy digest KATA_AGENT_POLICY_FILE
sandbox sandbox
network interface eth0 10.0.2.15 255.255.255.0
first pull $web $at/first
in-turn pulls 25 $mesh
pause pause 0pause
mesh container 1mesh $mesh
web container 2web $web
pushed container 3pushed registry.example/mesh/injected:1.0
unpulled list $at/3pushed/rootfs
by-digest pull docker.io/library/web@$digest $at/by-digest
by-both pull $web@$digest $at/by-both
wrong-digest pull $web@sha256:$(printf 'e%.0s' {1..64}) $at/wrong-digest
other-tag pull docker.io/library/web:1.26 $at/other-tag
retagged pull registry.example/web@$digest $at/retagged
up pull $web $at/../../etc/web
nothing-up list /etc/web
deeper pull $web $at/2web/rootfs/srv
plant link /etc $at/planted
planted pull $web $at/planted
nothing-planted list /etc/rootfs
again pull $web $at/2web
another pull $mesh $at/2web
many pulls-at-once 100 $web
before list /run/podseal/scratch/containers/first
remove remove first
next pull $web $at/next
after list /run/podseal/scratch/containers/first
STEPS
mkdir images
ln -s "$root/demo/web" "$root/demo/mesh" images
cat >pod.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: shop}
spec:
  initContainers: [{name: mesh, image: "mesh:latest", restartPolicy: Always}]
  containers: [{name: web, image: "web:latest"}]
YAML

seal_pod() { # NAME BASE OPTION...
	"$podseal" build --kata --base "oci:$2" --pod pod.yaml --images images --key-out "$1.key" --progress none "${@:3}" -o "$1.img"
}
start() { # IMAGE PARAMETERS OPTION...
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	admit "$1" "${@:2}" || return
	./attest "$1" "$2" --forward "$port:80" "${@:3}" </dev/null >console 2>&1 &
	vm=$!
	deadline=$((SECONDS + BOOT_SECONDS))
	until grep -q '^agent: end: ' console; do
		[ "$SECONDS" -lt "$deadline" ] && kill -0 "$vm" 2>/dev/null || { tail -n 40 console; return 1; }
		sleep 0.2
	done
	tr -d '\r' <console >said
}
stop_guest() {
	kill "$vm"
	wait "$vm" 2>/dev/null
	vm=''
}
answered() { # REQUEST REGEX
	grep -Eq -- "^agent: $1: $2" said || { grep "^agent: $1: " said; return 1; }
}
answers() {
	local deadline=$((SECONDS + BOOT_SECONDS))
	until curl -fs -m 5 "http://127.0.0.1:$port/" >page; do
		[ "$SECONDS" -lt "$deadline" ] && kill -0 "$vm" 2>/dev/null || { tail -n 20 console; return 1; }
		sleep 0.2
	done
	cmp page "$root/images/web/files/srv/www/index.html"
}
runs_the_pod() {
	check "  the pause container starts" answered pause started
	check "  the sealed sidecar starts" answered mesh started
	check "  the sealed workload starts" answered web started
	check "  and answers over the network, through the sidecar" answers
}
of_kata="systemd.unit=kata-containers.target systemd.mask=systemd-networkd.service agent.guest_components_procs=none"

check "a laboratory and an initrd are made" guest_lab
check "the stand-in for kata-agent goes into the demo's base" generate layer_on_top "$root/demo/base" layer base
check "a pod is sealed for Kata" seal_pod all base
refuses "the demo's base alone is none for Kata" 3 "it lacks kata-agent .*, kata-agent.service, kata-containers.target" seal_pod none "$root/demo/base"
listen=unix:$work/broker.sock serve_keys
url=unix:$work/broker.sock

check "its guest starts, and the agent goes through the host's requests" start all "$(pinned all) $of_kata"
runs_the_pod
sealed="is not part of the sealed pod; sealed: $mesh, $web"
check "a sidecar that somebody pushes in is refused, in words for the pod's events" answered pushed "refused, 7: podseal-imaged: image registry.example/mesh/injected:1.0 $sealed"
check "  it has no root file system" answered unpulled "$"
check "an image is known by its digest" answered by-digest "$digest in "
check "  and by tag and digest" answered by-both "$digest in "
check "another digest under a sealed name is refused" answered wrong-digest "refused, 7: .* has another digest than the one in the sealed pod, $digest"
check "another tag is refused" answered other-tag "refused, 7: podseal-imaged: image docker.io/library/web:1.26 $sealed"
check "the sealed bytes under another name are refused" answered retagged "refused, 7: podseal-imaged: image registry.example/web@$digest $sealed"
check "a bundle that is elsewhere is refused" answered up "refused, 3: podseal-imaged: bundle_path .* is not /run/kata-containers/ and the ID of a container"
check "  and nothing is made there" answered nothing-up "$"
check "one inside another container is refused" answered deeper "refused, 3: podseal-imaged: bundle_path "
check "one that is a link is refused" answered planted "refused, 3: .*planted is not a folder, or a link to one"
check "  and nothing is made there" answered nothing-planted "$"
check "a second pull of a container is answered as the first" answered again "$digest in "
check "  and of another image refused" answered another "refused, 7: podseal-imaged: bundle 2web has the image of container web already"
check "100 pulls at once are all answered" answered many "100 pulls, all done"
echo "# $(sed -n 's/^agent: in-turn: //p' said); the first: $(sed -n 's/^agent: first: [^ ]* //p' said); $(sed -n 's/^agent: many: //p' said)"
# the fastest of them: a loaded machine makes any one of them slow, and one with more to run than it has cores all of them
limit=$(awk -v cores="$(nproc)" '{ load = $1 / cores; printf "%d", 20000 * (load > 1 ? load : 1) }' /proc/loadavg)
fastest=$(sed -n 's/^agent: in-turn: 25 pulls, the fastest in \([0-9]*\) us.*/\1/p' said)
check "a pull takes less than 20 ms" test "${fastest:-$limit}" -lt "$limit"
check "  and reads no image: less than 1 MiB of 80" answered first "$digest in [0-9.]+ ms, [0-9]{1,3} KiB read"
check "what a container wrote is there while it is" answered before /run/podseal/scratch/containers/first
check "  kata-agent removes it as ever" answered remove "done"
check "  and with the next pull it is gone" answered after "$"
check "kata-agent sees no disk, which a host could put another policy on" answered devices \
	'(/dev/(console|full|hugepages|hvc0|hvc1|kmsg|mqueue|null|ptmx|pts|random|shm|tty|urandom|vsock|zero) ?)+$'
check "  and has the policy that was sealed" answered policy "$(jq -r .kata_policy all.img.seal.json)$"
stop_guest

check "another is sealed, whose base is the same for every pod" seal_pod pod base --encrypt pod
truncate -s 256M scratch.disk
check "it starts with a scratch disk" start pod "$(pinned pod) $of_kata podseal.scratch=disk" --scratch scratch.disk
runs_the_pod
check "  100 pulls at once are all answered" answered many "100 pulls, all done"
check "  what a removed container wrote is gone" answered after "$"
stop_guest
stop
done_testing
