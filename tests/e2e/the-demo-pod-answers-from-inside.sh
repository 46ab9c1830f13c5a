#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A newcomer runs the demo, in a folder of their own: three images become a sealed pod, a guest that attests gets its key, the pod's page comes from
# inside, and the same guest refuses the image once a byte of it is another. Nothing keeps running afterwards, nor when they lose patience.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 curl
guest_kernel
demo_images base web mesh

mkdir -p "$work/copy/build" "$work/copy/demo"
cd "$work/copy" || exit
cp -R "$root/images" .
ln -s "$PROGRAMS"/podseal* "$root/build/guest-kernel" build
for image in base web mesh; do
	ln -s "$root/demo/$image" "$root/demo/$image.recipe" demo
done

# Whatever a command of flock's starts keeps the lock until it ends.
nothing_runs() {
	flock -w 30 lock true
}
said() {
	grep -Eq -- "$1" "$work/demo.log"
}

check "the demo goes all the way" eval 'flock lock images/demo >"$work/demo.log" 2>&1 || { tail -n 25 "$work/demo.log"; false; }'
check "  a reviewer verifies the image without a key" said "^volume root: [0-9]+ data blocks hold.*, sealed"
check "  the broker gives the key, naming the laboratory" said " resource .* released .* laboratory root"
check "  the page comes from inside" said "^<p>This page was sealed"
check "  one changed byte, and the guest refuses" said "^podseal-init: opening dm-verity: volume root: the first block does not match the root hash"
check "  and nothing runs on" nothing_runs

: >"$work/again.log"
flock lock images/demo >"$work/again.log" 2>&1 &
flock=$!
under_way() {
	until_true 300 said_or_ended "$flock" "$work/again.log" "listening on"
	grep "listening on" "$work/again.log" || { tail -n 25 "$work/again.log"; return 1; }
}
check "a demo that is under way" under_way
pkill -TERM -P "$flock"
wait "$flock"
check "  and interrupted leaves nothing running" nothing_runs
done_testing
