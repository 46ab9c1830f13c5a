#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All containers of a pod come through one service, so no client may stop it for the others: neither by what it sends, nor by what it does
# not. And it may be started again at any time, without a container losing its root file system or a dead one keeping its memory.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/imaged.sh
. "$root/tests/imaged.sh"
need python3 strace
imaged_root
client() {
	python3 -B "$root/tests/ttrpc_client.py" "$socket" "$@"
}

# image_url and bundle_path, both short
pull_frame() { # STREAM IMAGE BUNDLE-ID
	python3 -B - "$1" "$2" "/run/kata-containers/$3" <<-'PYTHON'
		import struct, sys
		def field(number, data):
		    n = len(data)
		    return bytes([number << 3 | 2]) + (bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7])) + data
		payload = field(1, sys.argv[2].encode()) + field(2, sys.argv[3].encode())
		data = field(1, b"api.ImagePullService") + field(2, b"PullImage") + field(3, payload)
		print((struct.pack(">IIBB", len(data), int(sys.argv[1]), 1, 0) + data).hex())
	PYTHON
}

pulls() { # IMAGE BUNDLE-ID [ANSWER]
	pull_frame 1 "$1" "$2" >"$work/frame"
	client frames "$work/frame" | tee "$work/answer"
	grep -qx -- "${3:-1 0 }" "$work/answer"
}

starts_not() { # SENTENCE EXIT REGEX [OPTION...]: the service, as it is started in the guest
	refuses "$1" "$2" "$3" "${inside[@]}" chroot "$guest" /podseal-imaged "${@:4}"
}

# --- what it says of itself
check "--help" sh -c "'$PROGRAMS/podseal-imaged' --help | grep -q /run/confidential-containers/cdh.sock"
check "--version" sh -c "'$PROGRAMS/podseal-imaged' --version | grep -q '^podseal-imaged [0-9]'"
page() {
	local option
	for option in $("$PROGRAMS/podseal-imaged" --help | grep -oE -- '--[a-z]+'); do
		grep -q "^\.It Fl \\\\-${option#--}" "$root/docs/man/podseal-imaged.8" || { echo "$option"; return 1; }
	done
}
check "its man page has each option" page
refuses "an unknown option is refused" 2 "^podseal-imaged: unknown option --pull; see --help$" "$PROGRAMS/podseal-imaged" --pull
refuses "an operand is refused" 2 '^podseal-imaged: unexpected "x"; it takes no operands$' "$PROGRAMS/podseal-imaged" x
imaged_namespace
mv "$guest/usr/lib/podseal/pod.json" "$work/pod.json"
starts_not "without a sealed pod it does not start" 3 "^podseal-imaged: /usr/lib/podseal/pod.json: No such file or directory$"
echo '{"version": 2}' >"$guest/usr/lib/podseal/pod.json"
starts_not "nor with one of another version" 3 "^podseal-imaged: /usr/lib/podseal/pod.json: \"version\" of pod.json is 2, not 1$"
mv "$work/pod.json" "$guest/usr/lib/podseal/pod.json"

starts_not "nor with --resources where no broker is named" 3 "^podseal-imaged: --resources needs podseal.kbs= on the kernel command line$" --resources

# --- systemd waits for it
NOTIFY_SOCKET=/run/notify python3 -B - "$guest/run/notify" "${inside[@]}" chroot "$guest" /podseal-imaged <<-'PYTHON' >"$work/.said" 2>&1 && ok "it tells systemd when it listens" || { not_ok "it tells systemd when it listens"; tell "$work/.said"; }
	import os, socket, subprocess, sys
	listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	listener.settimeout(60)
	listener.bind(sys.argv[1])
	service = subprocess.Popen(sys.argv[2:])
	assert listener.recv(100) == b"READY=1"
	socket.socket(socket.AF_UNIX).connect(os.path.dirname(sys.argv[1]) + "/confidential-containers/cdh.sock")
	service.terminate()
	assert service.wait(60) == 0
PYTHON

# --- frames
# the sanitizers cannot look for leaks in a program that is traced
imaged_start env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o "$work/trace" -e trace=openat,open,openat2,read
pid_of_service=$(pgrep -P "$pid" podseal-imaged)
check "a pull is answered" pulls nginx:1.25 first-1 "1 0 "
check "without opening a file of the image" sh -c "grep -q pod.json '$work/trace' && ! grep -q 'rootfs/' '$work/trace'"
{
	pull_frame 2 nginx:1.25 never-1
	pull_frame 3 nginx:1.25 never-1 | sed 's/^\(.\{16\}\)01/\103/'
	pull_frame 5 nginx:1.25 never-1 | sed 's/^\(.\{18\}\)00/\102/'
	echo 000000000000000701 00 | tr -d ' '
	echo 000000030000000901 00 ffffff | tr -d ' '
	pull_frame 11 nginx:1.25 first-1
} >"$work/frames"
cat >"$work/wanted" <<-'TEXT'
	2 3 podseal-imaged: a client's stream ID is odd
	3 3 podseal-imaged: a client sends requests, and no data after them
	5 12 podseal-imaged: calls with streams are not answered here
	7 12 podseal-imaged: call / is not answered here
	9 3 podseal-imaged: 3 bytes are no Request, or one of too many fields
	11 0 
TEXT
client frames "$work/frames" >"$work/answers" 2>&1
check "frames that break a rule are refused, each with its status, and the connection goes on" same "$work/wanted" "$work/answers"
check "nothing came of them" test ! -e "$bundles/never-1"
check "stream IDs may come in another order" client order
check "a request may come in pieces, two in one" client pieces
check "4 MiB are taken, a byte more is refused" client huge

# --- clients that hold on
holds() { # FD COMMAND...: starts a client that holds its connections until that descriptor is closed
	local fd=$1
	shift
	rm -f "$work/hold-$fd"
	mkfifo "$work/hold-$fd"
	client "$@" <"$work/hold-$fd" >"$work/held-$fd" 2>&1 9>&- &
	eval "exec $fd>\"$work/hold-$fd\""
	writes $! "$work/held-$fd" '^held' && return
	cat "$work/held-$fd"
	return 1
}
check "a client that never reads its answers" holds 6 deaf
check "  is not read from for ever" grep -qx "taken: at most 16 MiB" "$work/held-6"
check "  and holds up nobody" pulls nginx:1.25 other-1
check "60 clients in the middle of a frame" holds 7 half 60 60
check "  hold up nobody" pulls nginx:1.25 other-2
check "200 that say nothing: those after the 128th connection are closed" holds 8 mute 200 67
exec 8>&-
check "  and when they are gone there is room again" until_true 60 pulls nginx:1.25 other-3
exec 6>&- 7>&-
check "what was asked before SIGTERM is answered after it" client last "$pid_of_service"
wait "$pid"
ended=$?
pid=''
check "  and then it ends with status 0" test "$ended" -eq 0

# --- started again
put() { # TEXT BUNDLE-ID
	"${inside[@]}" sh -c "echo '$1' >'$bundles/$2/rootfs/etc/name'"
}
has() { # TEXT BUNDLE-ID
	"${inside[@]}" grep -qx -- "$1" "$bundles/$2/rootfs/etc/name"
}
gone() { # BUNDLE-ID
	"${inside[@]}" sh -c "! grep -q '/$1/' /proc/self/mounts && [ ! -e '$guest/run/podseal/scratch/containers/$1' ] && [ -z \"\$(ls -A '$guest/run/podseal/scratch/trash')\" ]"
}
imaged_start
check "a container writes" put "of before" first-1
kill -9 "$pid"
wait "$pid" 2>/dev/null
imaged_start
check "after the service died and was started again it still has its files" has "of before" first-1
check "the same pull is answered as before" pulls nginx:1.25 first-1
check "  and changes nothing" has "of before" first-1
check "another image is refused there" pulls quay.io/org/app@$app_digest first-1 "1 7 .*bundle first-1 has the image of container web already"
check "a container ends, and kata-agent unmounts its root file system" "${inside[@]}" umount "$bundles/first-1/rootfs"
check "with the next pull" pulls nginx:1.25 second-1
check "  what it wrote is given up" until_true 60 gone first-1
check "  and what others have stays" has "I am web" other-1
check "the same container ID begins afresh" pulls nginx:1.25 first-1
check "  with the sealed files" has "I am web" first-1
check "what something else mounted there is left alone" "${inside[@]}" sh -c "mkdir -p '$bundles/taken-1/rootfs' && mount -t tmpfs t '$bundles/taken-1/rootfs'"
check "  and the pull refused" pulls nginx:1.25 taken-1 "1 7 .*bundle taken-1 has a root file system already, from somewhere else"
imaged_stop
check "it ends with status 0" test "$ended" -eq 0
done_testing
