#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Kubernetes Pod, sealed beside the demo's base distro, behaves in the guest as it did in the cluster: init containers one after the other, a sidecar beside
# them, restarts as the policy says, volumes that are shared and limited. And no container reaches the guest's disks.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 curl gcc
guest_kernel
demo_images base
cd "$work" || exit
guest=''
finally '[ -z "$guest" ] || kill "$guest" 2>/dev/null'

# note WORD, once WORD (which fails the first time), fill WORD, serve: each leaves a word in the log that they share, and `serve` shows it to who asks
cat >app.c <<'C'
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void note(const char *word, const char *more)
{
	int fd = open("/data/log", O_WRONLY | O_APPEND | O_CREAT, 0666);
	dprintf(fd, "%s%s\n", word, more);
	close(fd);
}

static int first_time(const char *word)
{
	char path[64];
	snprintf(path, sizeof(path), "/data/%s.once", word);
	int fd = open(path, O_CREAT | O_EXCL, 0600);
	return fd >= 0;
}

static const char *filled(void)
{
	static char mebibyte[1 << 20];
	int fd = open("/memory/file", O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 2; i++)
		if (write(fd, mebibyte, sizeof(mebibyte)) < 0)
			return errno == ENOSPC ? " full" : " error";
	return " never full";
}

static const char *disk(void)
{
	unsigned major, minor;
	char line[256];
	FILE *f = fopen("/proc/partitions", "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "vda\n") && sscanf(line, "%u %u", &major, &minor) == 2) {
			if (mknod("/disk", S_IFBLK | 0600, makedev(major, minor)) < 0 || open("/disk", O_RDONLY) < 0)
				return errno == EPERM ? "disk denied" : "disk error";
			return "disk open";
		}
	return "no disk";
}

static void serve(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(8080) };
	int s = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(s, 8) < 0)
		exit(1);
	for (;;) {
		char text[8192], request[1024];
		int c = accept(s, NULL, NULL), log = open("/data/log", O_RDONLY), hosts = open("/etc/hosts", O_RDONLY);
		ssize_t n;
		(void)!read(c, request, sizeof(request));
		dprintf(c, "HTTP/1.0 200 OK\r\n\r\n");
		while ((n = read(hosts, text, sizeof(text))) > 0 || (n = read(log, text, sizeof(text))) > 0)
			(void)!write(c, text, (size_t)n);
		close(hosts);
		close(log);
		close(c);
	}
}

int main(int argc, char **argv)
{
	const char *word = argc > 2 ? argv[2] : "";
	if (!strcmp(argv[1], "serve")) {
		note(disk(), "");
		serve();
	}
	if (!strcmp(argv[1], "fill"))
		note(word, filled());
	else
		note(word, "");
	return !strcmp(argv[1], "once") && first_time(word);
}
C
gcc -O1 -static -o app app.c || skip_all "gcc cannot link statically here"
make_images <<'PYTHON'
with open("app", "rb") as f:
    app = f.read()
save("images/app", layer(directory("bin"), file("bin/app", app, mode=0o755)), config={"Entrypoint": ["/bin/app"]})
PYTHON
mounts='[{name: data, mountPath: /data}, {name: memory, mountPath: /memory}]'
cat >pod.yaml <<YAML
apiVersion: v1
kind: Pod
metadata: {name: orders}
spec:
  restartPolicy: OnFailure
  hostname: orders
  volumes:
  - {name: data, emptyDir: {}}
  - {name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
  initContainers:
  - {name: first, image: app, args: [once, first], volumeMounts: $mounts}
  - {name: helper, image: app, args: [note, helper], restartPolicy: Always, volumeMounts: $mounts}
  - {name: second, image: app, args: [fill, second], volumeMounts: $mounts}
  containers:
  - {name: flaky, image: app, args: [once, flaky], volumeMounts: $mounts}
  - {name: done, image: app, args: [note, done], volumeMounts: $mounts}
  - {name: server, image: app, args: [serve], volumeMounts: $mounts}
YAML
sed -e 's/OnFailure/Never/' pod.yaml >never.yaml
check "an initrd is made" "$podseal" initrd --modules "$modules" -o initrd.img
check "the pod is sealed beside the base distro" "$podseal" build --base "oci:$root/demo/base" --pod pod.yaml --images images --encrypt none --progress none -o pod.img
check "  and once more, with restartPolicy Never" "$podseal" build --base "oci:$root/demo/base" --pod never.yaml --images images --encrypt none --progress none -o never.img

start() { # IMAGE
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	"$podseal" run "$1.img" --kernel "$kernel" --initrd initrd.img --forward "$port:8080" --memory 512M --append "quiet panic=-1 no_timer_check podseal.seal=$(
		"$verity" root "$1.img" | sed -n 's/^seal //p') podseal.ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off" </dev/null >console 2>&1 &
	guest=$!
}
# until COMMAND...: it holds within BOOT_SECONDS, while the guest runs
until_holds() {
	local deadline=$((SECONDS + BOOT_SECONDS))
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] && kill -0 "$guest" 2>/dev/null || { tail -n 20 console; cat log; return 1; }
		sleep 0.3
	done
}
stop_guest() {
	kill "$guest"
	wait "$guest" 2>/dev/null
	guest=
}
ask() {
	curl -fs -m 5 "http://127.0.0.1:$port/" >log
}
count() { # WORD
	grep -c -- "^$1" log
}
noted() { # WORD TIMES
	ask && [ "$(count "$1")" -ge "$2" ]
}

: >log
start pod
check "the pod answers through the forwarded port" until_holds ask
check "a container that failed is started again" until_holds noted flaky 2
check "a sidecar that ended is started again" until_holds noted helper 3
# two more of the sidecar's restarts, and whatever else would have restarted by then has
check "  and again" until_holds noted helper $(($(count helper) + 2))
check "one that has done its work is not, under OnFailure" test "$(count flaky) $(count done)" = "2 1"
check "init containers run in order, one that fails again until it is done" test "$(grep -E '^(first|second|flaky|done)' log | head -n 3 | xargs)" = "first first second full"
check "  and before any other container" test "$(grep -E '^(first|second|flaky|done|disk)' log | sed -n '4,$p' | sort | xargs)" = "disk denied done flaky flaky"
check "a volume in memory holds to its limit" test "$(count 'second full')" = 1
check "no container opens the guest's disk" test "$(count 'disk denied')" = 1
check "the pod's name is known in its containers" grep -q 'localhost orders$' log
stop_guest

never() {
	grep -q "podseal-pod: init container first failed, and its restart policy is Never" console
}
start never
check "under Never an init container that fails ends the pod, which the console says" until_holds never
stop_guest
done_testing
