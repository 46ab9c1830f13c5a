#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who can write the kernel command line, or sit at the console, has for decades had a shell before the first password: init=/bin/sh, single, break=,
# rd.shell, Magic SysRq. Here there is no shell to be had. The words that such initrds listen to change nothing about which image runs and what it is
# started with; those that would have the kernel start something else end in its panic; and nobody listens on the console.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc python3 mkfifo
guest_kernel
# shellcheck source=tests/pod.sh
. "$root/tests/pod.sh"
cd "$work" || exit

check "two images are made" eval 'witness one --encrypt none && witness two --encrypt none'
check "so is an initrd" "$podseal" initrd --modules "$modules" -o initrd.img
one=podseal.seal=$(seal one.img)
words="noinitrd init=/bin/sh root=/dev/vda1 rootflags=rw rw single S 1 rescue emergency debug break=mount rd.shell rd.break=pre-mount systemd.debug-shell \
systemd.unit=rescue.target SYSTEMD_SULOGIN_FORCE=1 LD_PRELOAD=/etc/evil.so LD_LIBRARY_PATH=/dev OPENSSL_CONF=/proc/cmdline [= -- /bin/sh -i"

boots "every word that ever opened a shell leaves the right image the one that starts" "^the pod runs as process 1 with 1 argument" \
	./guest initrd.img one.img "$one $words"
check "  with nothing of them in its environment" eval '[ "$(grep -c "^environment: " .console)" = 2 ] && said "^environment: HOME=/" && said "^environment: TERM=linux"'
refusal "and the wrong one refused" "trusting an image: /dev/vda: the image's seal is $(seal two.img), podseal.seal asks for" \
	./guest initrd.img two.img "$one $words"
boots "rdinit=/bin/sh has the kernel find nothing to start, and panic" "Kernel panic - not syncing: VFS: Unable to mount root fs" \
	./guest initrd.img one.img "$one rdinit=/bin/sh root=/dev/vda1 init=/sbin/init"
check "  and nothing of the image runs" unsaid "the pod runs"
refusal "a kernel that is told to keep SysRq on is not trusted" "mounting the kernel's file systems: /proc/sys/kernel/sysrq stays 1, and not 0" \
	./guest initrd.img one.img "$one sysrq_always_enabled"

# At the console, while the guest waits for a disk that never comes: interrupts, a login, and SysRq by a break on the serial line
mkfifo typing
exec 3<>typing
./guest initrd.img - "$one loglevel=7" -monitor unix:monitor,server=on,wait=off <&3 >.console 2>&1 3>&- &
machine=$!
console_says "^podseal-init: loading drivers" && python3 - 3>&3 <<'PY'
import os, socket, time
monitor = socket.socket(socket.AF_UNIX)
monitor.connect("monitor")
os.write(3, b"\x03\x1c\x1a\x04\nroot\n/bin/sh\nid\n")
for key in b"tplc":
    monitor.sendall(b"chardev-send-break serial0\n")
    time.sleep(0.3)  # no event says that the break has arrived
    os.write(3, bytes([key]))
    time.sleep(0.3)
time.sleep(0.3)
PY
ends "$machine"
check "whatever is typed at the console, the guest waits, and is off" said "podseal-init: trusting an image: no disk within 10 s"
check "  and SysRq has shown nothing" unsaid "sysrq|Call Trace|RIP:"
check "  nor has a shell" unsaid "uid=|not found"
done_testing
