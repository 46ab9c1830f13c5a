#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A locked-down CI container, an ordinary user: no capability, no way to get one, no mount, no loop device, no device-mapper, no kernel crypto, no user
# namespace. A full image comes out all the same, and no byte of the plaintext ever reaches the disk that it is written to.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need setpriv strace
! grep -q __asan_init "$podseal" || skip_all "AddressSanitizer traces its own processes: a program without it"
marker=PLAINTEXT-THAT-MUST-NOT-BE-SEEN
cd "$work" || exit

# The marker stands in every block of a file that is large enough to interrupt the build, in names, links and attributes.
make_images <<PYTHON
marker = b"$marker"
page = (marker + b"." * 4096)[:4096]
save("base", small_base(), layer(file("big", page * 8000), file(marker, marker), symlink("link", marker), file("x", b"x", xattrs={"user.x": marker})),
     layer(*(file(f"many/{n}-" + marker.decode(), page) for n in range(500))))
PYTHON
mkdir out trace
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$work"
	chown -R 65534:65534 base out trace
	cp "$podseal" "$work/podseal" # the repository may be closed to others
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all --no-new-privs)
else
	cp "$podseal" "$work/podseal"
	as_user=(setpriv --no-new-privs)
fi
build() { # OUTPUT
	"${as_user[@]}" env -i PATH=/usr/bin:/bin HOME=/nonexistent "${@:2}" "$work/podseal" build --base "oci:$work/base" --key-out "$1.key" --progress none -o "$1" >/dev/null
}
check "an ordinary user without any capability builds" build out/pod.img
check "  and what it made verifies" "$verity" verify out/pod.img
check "  and decrypts" "$podseal" check out/pod.img --key out/pod.img.key --record out/pod.img.record.json

if strace -f -o /dev/null true 2>/dev/null; then
	check "it asks the kernel for nothing that a container forbids" \
		build out/traced.img strace -f -qq -o "$work/trace/calls" -e trace=mount,umount2,ioctl,socket,bind,connect,unshare,setns,clone,clone3,execve,execveat,openat,mknodat,ptrace,keyctl,add_key,bpf,io_uring_setup
	asked_for() {
		# execve: strace's own; clone: threads (CLONE_VM) only; ioctl: of a terminal or a file
		grep -E '^[0-9]+ +(mount|umount2|socket|bind|connect|unshare|setns|execveat|mknodat|ptrace|keyctl|add_key|bpf)\(' trace/calls
		grep -E '^[0-9]+ +clone3?\(' trace/calls | grep -v CLONE_THREAD
		grep -E '^[0-9]+ +ioctl\(' trace/calls | grep -vE 'TCGETS|TIOCGWINSZ|FICLONE|FS_IOC_'
		grep -E '^[0-9]+ +execve\(' trace/calls | grep -v "\"$work/podseal\""
		grep -E 'openat\(' trace/calls | grep -E '"/dev/(mapper|loop|fuse|dm-)'
	}
	writes_elsewhere() {
		grep -E 'openat\(.*O_(WRONLY|RDWR|CREAT)' trace/calls | grep -vE '"(out/[^"]*|out|\.)"'
	}
	nothing_from() {
		"$@" >found
		[ ! -s found ] || { cat found; return 1; }
	}
	check "  no mount, socket, namespace, device or other program" nothing_from asked_for
	check "  it writes into the output's folder alone" nothing_from writes_elsewhere
	check "  (the trace saw it work)" grep -q 'openat(.*out/' trace/calls
else
	skip "it asks the kernel for nothing that a container forbids" "strace cannot trace here"
fi

check "the image has nothing in the clear" eval '! grep -aq "$marker" out/pod.img out/pod.img.seal.json out/pod.img.key'

# Killed at any moment, what lies there is encrypted.
seen=0 unfinished=0
for delay in 0.002 0.005 0.01 0.02 0.03 0.04 0.05 0.06 0.08 0.1 0.12 0.15; do
	rm -rf out/killed* out/*tmp* out/.*tmp*
	timeout -s KILL "$delay" "${as_user[@]}" "$work/podseal" build --base "oci:$work/base" --key-out out/killed.key --progress none -o out/killed.img >/dev/null 2>&1 &
	wait $! 2>/dev/null
	[ -e out/killed.img ] || unfinished=$((unfinished + 1))
	! grep -raq "$marker" out || { seen=$((seen + 1)) && grep -ral "$marker" out; }
done
check "killed at 12 moments, no plaintext lies on the disk" test "$seen" = 0
check "  some of them in the middle" test "$unfinished" -gt 3
done_testing
