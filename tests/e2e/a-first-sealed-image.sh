#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A release engineer follows the README's "first sealed image" word for word: seal three images, hand the seal digest to a reviewer, look
# inside with the key, and see one changed byte being found. (The three images are small here.)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"

mkdir "$work/checkout"
cd "$work/checkout" || exit
ln -s "$PROGRAMS" build
make_images <<'PYTHON'
small_images("checkout/demo")
PYTHON

# The README's commands that start with $1, its continued lines joined.
readme() {
	sed -n 's/^    //p' "$root/README.md" | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | grep -- "^$1"
}

runs_from_readme() {
	local commands
	commands=$(readme "$1") && [ -n "$commands" ] && eval "$commands" >out
}

check "build, as the README has it" runs_from_readme build/podseal\ build
check "verify, by the seal digest, without a key" runs_from_readme build/podseal-verity
check "list the containers" runs_from_readme build/podseal\ ls
grep -q ' mesh$' out && grep -q ' web$' out && ok "both containers are listed" || not_ok "both containers are listed"
check "show pod.json" runs_from_readme build/podseal\ cat
check "it names the sidecar before the container" test "$(jq -r '[.containers[] | .kind + ":" + .name] | join(" ")' out)" = "sidecar:mesh container:web"

rootfs=/usr/lib/podseal/containers/web/rootfs
check "a file inside is what the upper layer has" test "$(build/podseal cat pod.img $rootfs/srv/index.html --key pod.key)" = "<p>sealed"
check "the key has 64 bytes and is the owner's alone" test "$(stat -c '%s %a' pod.key)" = "64 600"
check "the record is the owner's alone" test "$(stat -c %a pod.img.record.json)" = 600
check "the image decrypts to what its record says" build/podseal check pod.img --key pod.key --record pod.img.record.json

build/podseal inspect pod.img >inspected
check "inspect says the seal digest and that root is sealed" grep -Pzq "(?s)seal +$(seal_digest pod.img).*volume root\n.*sealed +AES-256-XTS" inspected
build/podseal inspect pod.img --json >inspected
says "inspect --json holds the descriptor" "$(jq -cS . pod.img.seal.json)" jq -cS .descriptor inspected
says "podseal-verity root says the root hash and the seal digest" "root sha256:$(jq -r '.volumes[0].verity.root_hash' pod.img.seal.json)
seal $(seal_digest pod.img)" build/podseal-verity root pod.img

build/podseal ls pod.img $rootfs/srv --key pod.key >listed
check "ls looks like ls -ln" grep -Eqx -- '-rw-r--r-- +1 +33 +34 +10 2020-09-13 12:26 index.html' listed
build/podseal ls pod.img $rootfs -R --json --key pod.key >listed
check "ls -R --json prints an object a line" test "$(jq -r 'select(.uid == 33) | .mode + " " + (.size | tostring)' listed)" = "-rw-r--r-- 10"

build/podseal extract pod.img /etc --key pod.key >etc.tar
check "extract gives a tar on standard output" test "$(tar -xOf etc.tar text 2>&1)" = base
check "extract into a folder" build/podseal extract pod.img $rootfs --key pod.key -o unpacked
check "what comes out is what went in" test "$(sha256sum <unpacked/srv/random)" = "$(python3 -c 'import hashlib,sys; sys.stdout.buffer.write(hashlib.shake_256(b"web").digest(300000))' | sha256sum)"
check "one file comes out too" build/podseal extract pod.img /etc/text --key pod.key -o text

check "keygen makes a key" build/podseal keygen -o other.key
check "of 64 bytes, the owner's alone" test "$(stat -c '%s %a' other.key)" = "64 600"
refuses "and never over another" 3 'other.key: exists already' build/podseal keygen -o other.key
refuses "another key opens nothing" 1 'podseal: .*pod.img' build/podseal ls pod.img / --key other.key
refuses "nor does none" 2 'podseal: .*--key' build/podseal ls pod.img /

flip() {
	printf '%b' "$(printf '\\x%02x' $(($(od -An -tu1 -j "$2" -N 1 "$1") ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
flip pod.img $((1048576 + 16777216 + 7 * 4096 + 5))
refuses "one changed byte, and the reviewer sees which block" 1 'root.*block 4103' build/podseal-verity verify pod.img
done_testing
