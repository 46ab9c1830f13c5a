#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host can plug a disk in at any time, and kata-agent would take another policy from it. So kata-agent is started by podseal-no-disks, and works as
# ever otherwise: it sees what is mounted for it later, and can remove a container's folder. Here sh stands in for kata-agent, and a mount namespace for
# the guest.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need unshare mount
namespace=(unshare -m --propagation private)
[ "$(id -u)" -eq 0 ] || namespace=(unshare -rm --propagation private)
"${namespace[@]}" sh -c 'mount -t tmpfs tmpfs /mnt && mount --make-rshared /' 2>"$work/.said" || skip_all "mount namespaces are not allowed here: $(tail -n 1 "$work/.said")"
no_disks=$PROGRAMS/podseal-no-disks
cd "$work" || exit

# The guest: starts the agent, waits until it is there, mounts something for it and waits for its end. A pipe carries each word.
mkfifo there mounted
# shellcheck disable=SC2016
cat >guest <<'SH'
set -e
mount -t tmpfs guest /mnt
mount --make-rshared /
mkdir -p /mnt/id/rootfs /mnt/agents
"$1" /bin/sh agent >said 2>&1 &
read -r _ <there
mount -t tmpfs container /mnt/id/rootfs
echo sealed >/mnt/id/rootfs/file
echo now >mounted
wait $!
grep ' /mnt' /proc/self/mountinfo >left
SH
cat >agent <<'SH'
set -e
find /dev/ -type b | sed 's/^/disk: /'
find /dev/ -mindepth 1 -maxdepth 1 | sort | sed 's/^/device: /'
echo written >/dev/null && head -c 4 /dev/zero | wc -c
echo yes >there
read -r _ <mounted
echo "sees: $(cat /mnt/id/rootfs/file)"
mount -t tmpfs agents /mnt/agents
umount -l /mnt/id/rootfs
rm -r /mnt/id
echo removed
SH
agent_says() {
	grep -qx -- "$1" said || { cat said; return 1; }
}
check "the agent comes up and ends well" timeout 60 "${namespace[@]}" sh guest "$no_disks"
check "it sees no disk" eval '! agent_says "disk: .*" >/dev/null'
others() {
	grep '^device: ' said | grep -vxE 'device: /dev/(console|full|hugepages|hvc0|hvc1|kmsg|mqueue|null|ptmx|pts|random|shm|tty|urandom|vsock|zero)'
}
check "  and of devices those that it needs" eval 'agent_says "device: /dev/null" && ! others'
check "  which work" agent_says 4
check "what is mounted outside later arrives" agent_says "sees: sealed"
check "it removes a container's folder, on which something was mounted outside" agent_says removed
check "  and outside nothing is mounted there any more" eval '! grep " container " left'
check "what it mounts stays its own" eval '! grep " agents " left'
refuses "a program that is not there is named" 4 "^podseal-no-disks: starting /no/such: No such file or directory$" "${namespace[@]}" "$no_disks" /no/such
refuses "without a program it says how" 2 "^podseal-no-disks: usage: podseal-no-disks PROGRAM" "$no_disks"
done_testing
