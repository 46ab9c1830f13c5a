#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kata-agent pulls images by calling the image service in its guest. Here containerd's own ttrpc makes those calls: what is sealed becomes a
# bundle with a writable root file system at once; what is not, or is not quite, is refused in words for the pod's events.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/imaged.sh
. "$root/tests/imaged.sh"
need setpriv
imaged_root
kata_agent_build
in_guest=/run/kata-containers

answers() { # TEXT ARGUMENT...
	local want=$1 got
	shift
	got=$(kata_agent "$@" 2>&1)
	[ "$got" = "$want" ] || { echo "wanted: $want"; echo "got:    $got"; return 1; }
}

refuses_with() { # REGEX ARGUMENT...
	local regex=$1 status
	shift
	kata_agent "$@" >"$work/.out" 2>&1
	status=$?
	cat "$work/.out"
	[ "$status" -eq 1 ] && grep -Eqx -- "$regex" "$work/.out"
}

# with the capabilities that its systemd unit leaves it, and the one that the test needs to put it into its root folder
left=$(sed -n 's/^CapabilityBoundingSet=//p' "$root/guest-init/imaged/podseal-imaged.service" | tr A-Z a-z | sed 's/cap_/+/g; s/ /,/g')
imaged_start setpriv --bounding-set "-all,$left,+sys_chroot"
check "the service listens" test -S "$socket"
check "for root alone" test "$(stat -c %a "$socket")" = 600

check "a sealed image is pulled by its tag" answers "$nginx_digest" pull "$socket" docker.io/library/nginx:1.25 $in_guest/web-1
check "its root file system is there" "${inside[@]}" grep -qx "I am web" "$bundles/web-1/rootfs/etc/name"
check "and its config.json" same "$guest/usr/lib/podseal/containers/web/config.json" "$bundles/web-1/config.json"
check "the root file system is writable" "${inside[@]}" sh -c "echo changed >'$bundles/web-1/rootfs/etc/name'"
if [ "$(id -u)" -eq 0 ]; then
	check "a container's root user may do there what it may elsewhere" "${inside[@]}" sh -c "cd '$bundles/web-1/rootfs' && touch new && chown 1234:1234 new etc/name &&
		chmod 4755 new && setpriv --reuid 1234 --clear-groups sh -c 'echo mine >>new' && mkdir -m 0 closed && touch closed/file && mknod null c 1 3 && setcap cap_net_raw+ep new"
else
	skip "a container's root user may do there what it may elsewhere" "not root"
fi
check "and what is sealed stays as it is" grep -qx "I am web" "$guest/usr/lib/podseal/containers/web/rootfs/etc/name"
check "a pull again, as after a lost answer, is answered again" answers "$nginx_digest" pull "$socket" nginx:1.25 $in_guest/web-1
check "and changes nothing" "${inside[@]}" grep -qx changed "$bundles/web-1/rootfs/etc/name"
check "another image does not get into that bundle" refuses_with "7: podseal-imaged: bundle web-1 has the image of container web already" \
	pull "$socket" "quay.io/org/app@$app_digest" $in_guest/web-1
check "the same image for another container is fresh" answers "$nginx_digest" pull "$socket" nginx:1.25 $in_guest/web-2
check "  its files are the sealed ones" "${inside[@]}" grep -qx "I am web" "$bundles/web-2/rootfs/etc/name"

n=0
while read -r reference digest; do
	n=$((n + 1))
	check "pulled as $reference" answers "$digest" pull "$socket" "$reference" "$in_guest/name-$n"
done <<-LIST
	nginx:1.25 $nginx_digest
	library/nginx:1.25 $nginx_digest
	index.docker.io/library/nginx:1.25 $nginx_digest
	nginx@$nginx_digest $nginx_digest
	docker.io/library/nginx:1.25@$nginx_digest $nginx_digest
	quay.io/org/app@$app_digest $app_digest
	quay.io/org/app@$index_digest $app_digest
LIST

sealed="docker.io/library/nginx:1.25, quay.io/org/app@$index_digest"
while read -r reference; do
	check "not sealed: $reference" refuses_with "7: podseal-imaged: image $reference is not part of the sealed pod; sealed: $sealed" \
		pull "$socket" "$reference" $in_guest/refused-1
done <<-LIST
	docker.io/library/evil:latest
	nginx
	nginx:1.26
	quay.io/org/app:latest
	registry.example/library/nginx:1.25
	registry.example/library/nginx@$nginx_digest
LIST
check "the sealed tag with another digest is told apart" refuses_with \
	"7: podseal-imaged: image nginx:1.25@$app_digest has another digest than the one in the sealed pod, $nginx_digest" \
	pull "$socket" "nginx:1.25@$app_digest" $in_guest/refused-2
check "what is no reference is told so" refuses_with '3: podseal-imaged: "../../etc" is not an image name' pull "$socket" ../../etc $in_guest/refused-3
check "a refusal leaves no bundle" test -z "$(ls -d "$bundles"/refused-* 2>/dev/null)"

while read -r path; do
	check "not a bundle: $path" refuses_with '3: podseal-imaged: bundle_path ".*" is not /run/kata-containers/ and the ID of a container' \
		pull "$socket" nginx:1.25 "$path"
done <<-'LIST'
	/run/kata-containers/../../etc
	/run/kata-containers/..
	/run/kata-containers/a/b
	/run/kata-containers/
	/run/kata-containers
	/run/kata-containersX/ab
	run/kata-containers/ab
	/etc
LIST
mkdir "$work/elsewhere"
ln -s "$work/elsewhere" "$bundles/link-1"
mkdir "$bundles/link-2"
ln -s "$work/elsewhere" "$bundles/link-2/rootfs"
check "a bundle that is a link is refused" refuses_with '3: podseal-imaged: .*/link-1: link-1 is not a folder, or a link to one' \
	pull "$socket" nginx:1.25 $in_guest/link-1
check "and a rootfs that is one" refuses_with '3: podseal-imaged: .*/link-2: rootfs is not a folder, or a link to one' \
	pull "$socket" nginx:1.25 $in_guest/link-2
check "nothing got to where they lead" test -z "$(ls -A "$work/elsewhere")"
mkdir "$bundles/link-3"
ln -s /elsewhere "$bundles/link-3/config.json"
check "a config.json that is a link is replaced" answers "$nginx_digest" pull "$socket" nginx:1.25 $in_guest/link-3
check "  by a file" test ! -L "$bundles/link-3/config.json" -a -s "$bundles/link-3/config.json"

check "100 pulls that overlap are all done" kata_agent pull-many "$socket" nginx:1.25 100 $in_guest
check "  each has its own root file system" "${inside[@]}" sh -c "echo mine >'$bundles/many-7/rootfs/etc/name' && grep -qx 'I am web' '$bundles/many-8/rootfs/etc/name'"

for call in "api.SealedSecretService UnsealSecret" "api.GetResourceService GetResource" "api.SecureMountService SecureMount" \
	"keyprovider.KeyProviderService UnWrapKey" "api.ImagePullService Other"; do
	check "not answered here: $call" refuses_with "12: podseal-imaged: call ${call/ //} is not answered here" call "$socket" ${call} 0a00
done
check "what is no message is told so" refuses_with '3: podseal-imaged: 1 bytes are no ImagePullRequest.*' call "$socket" api.ImagePullService PullImage ff

imaged_stop
check "SIGTERM ends it with status 0" test "$ended" -eq 0
check "its socket is gone" test ! -e "$socket"
done_testing
