#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A value that cannot be is refused before anything is read or made, and the message says which option it was given to.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 openssl
small_image "$work/base"
cd "$work" || exit
mkfifo fifo
: >empty
openssl genpkey -algorithm ed25519 -out sign.pem || exit
chmod 600 sign.pem

try() {
	refuses_build "${*:3}" "$1" "^podseal: $2" --base oci:base "${@:3}"
}
try 2 'build: --size-limit: "99999999T" is not a size' --size-limit 99999999T
try 2 'build: --size-limit: "99999999999999999999" is not a size' --size-limit 99999999999999999999
try 2 'build: --size-limit: "-1" is not a size' --size-limit -1
try 3 'building [^ ]*: volume root: the file system would exceed [0-9]+ bytes; --size-limit allows more' --size-limit 1
try 2 'build: --files-limit: "0" is not a number from 1' --files-limit 0
try 2 'build: --files-limit: "1e3" is not a number from 1' --files-limit 1e3
try 2 'build: --jobs: "0" is not a number from 1 to 256' --jobs 0
try 2 'build: --jobs: "99999999999999999999" is not a number from 1 to 256' -j 99999999999999999999
try 2 'build: --encrypt: takes all, pod or none, not "some"' --encrypt some
try 2 'build: --progress: "loud" is not a progress style' --progress loud
try 2 'build: --init "sbin/init" is not an absolute, normalised path' --init sbin/init
try 2 'build: --init "/a/\.\./b" is not an absolute, normalised path' --init /a/../b
try 2 'build: --init "/x+" is not an absolute, normalised path' --init "/$(printf 'x%.0s' {1..5000})"
try 2 'build: --key-id "x" is not REPO/TYPE/TAG' --key-id x
try 2 'build: --container: "web" is not NAME=REF' --container web
try 2 'build: --container: "" cannot name a container' --container =oci:base
try 2 'build: --sidecar: "\.\./x" cannot name a container' --sidecar ../x=oci:base
try 2 'build: --sidecar: two containers are named "web"' --container web=oci:base --sidecar web=oci:base
try 2 'opening the images: container web: ftp:x: an image is named oci:DIR' --container web=ftp:x
try 2 'build: option "--arch" needs an argument|build: too many arguments' extra
try 2 'build: unknown option "--nope"' --nope
try 3 'opening the images: base: oci:base: no image for sparc: there is' --arch sparc
try 3 'reading what signs: base: not a regular file' --sign-key base --sign-cert base
try 3 'building [^ ]*: signing the descriptor: signing certificate: not a certificate in PEM' --sign-key sign.pem --sign-cert sign.pem
try 3 'opening the images: base: rootfs:fifo: neither a directory nor a regular file' --base rootfs:fifo
try 3 'opening the images: base: rootfs:empty: an empty file, not a tar archive' --base rootfs:empty
try 3 'opening the images: base: oci-archive:fifo: not a regular file' --base oci-archive:fifo
try 3 'opening the images: base: docker-archive:/dev/zero: not a regular file' --base docker-archive:/dev/zero
try 2 'opening the images: base: oci:: no path after the transport' --base oci:
for epoch in x -1 1e9 99999999999999 ' 1' ''; do
	export SOURCE_DATE_EPOCH=$epoch
	try 2 'SOURCE_DATE_EPOCH: ".*" is not a number from 0 to 15032385535' --jobs 1
done
unset SOURCE_DATE_EPOCH
refuses "no base" 2 '^podseal: build: no base distro: --base REF$' "$podseal" build --key-out k -o pod.img
refuses "no output" 2 '^podseal: build: no output: -o OUT\.img$' "$podseal" build --base oci:base --key-out k
refuses "no command" 2 '^podseal: no command given' "$podseal"
refuses "a command that there is not" 2 '^podseal: unknown command "unseal"' "$podseal" unseal
done_testing
