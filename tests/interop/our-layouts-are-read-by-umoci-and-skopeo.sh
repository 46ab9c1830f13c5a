#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# images/oci-layout makes the images that the demo and the tests build from. Other tools of the field must read them as we mean them, and the same files
# must make the same bytes.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 umoci skopeo jq
export SOURCE_DATE_EPOCH=1700000000
cd "$work" || exit

mkdir -p low/etc low/bin files/etc
echo low >low/etc/motd
echo kept >low/etc/kept
printf '#!/bin/sh\n' >low/bin/run
chmod 755 low/bin/run
tar -C low --sort=name --owner=1000 --group=1000 --numeric-owner --mtime=@1600000000 -cf low.tar .
echo high >files/etc/motd
echo '{"Cmd":["/bin/run"],"User":"1000"}' >config.json

check "a tar and a directory become a layout" "$root/images/oci-layout" one config.json low.tar files
touch files/etc/motd
chmod 664 files/etc/motd
check "and again, the files touched and their modes loosened" "$root/images/oci-layout" two config.json low.tar files
check "the two are equal to the byte" diff -r one two
check "skopeo inspects it" skopeo inspect oci:one:latest
check "skopeo copies it, each digest checked" skopeo copy -q oci:one:latest dir:copied
check "the config is ours" test "$(skopeo inspect --config oci:one:latest | jq -c '[.config.Cmd, .config.User, .created]')" = \
	'[["/bin/run"],"1000","2023-11-14T22:13:20Z"]'
check "umoci unpacks it" umoci unpack --rootless --image one:latest unpacked
check "the upper layer is over the lower one" grep -qx high unpacked/rootfs/etc/motd
check "what it does not cover stays" grep -qx kept unpacked/rootfs/etc/kept
done_testing
