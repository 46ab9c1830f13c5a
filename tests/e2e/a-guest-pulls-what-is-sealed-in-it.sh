#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# In a guest the sealed pod lies under podseal-init's overlay, and each container's root file system is another one above it. kata-agent's
# calls are answered there as they should be, and in no time: under 20 ms where the processor is emulated. Secrets that the key broker has for
# such a guest come the same way, where that is asked for.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/broker.sh
. "$root/tests/broker.sh"
# shellcheck source=tests/guest.sh
. "$root/tests/guest.sh"
# shellcheck source=tests/imaged.sh
. "$root/tests/imaged.sh"
need qemu-system-x86_64 gcc jq openssl
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

static void ask(const char *service, const char *method, const char *hex)
{
	int status;
	printf("asking %s\n", method);
	fflush(stdout);
	waitpid(start((char *[]){ "/agent", "call", SOCKET, (char *)service, (char *)method, (char *)hex, NULL }), &status, 0);
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
	service = start((char *[]){ "/usr/lib/podseal-kata/podseal-imaged", "--resources", NULL });
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
	ask("api.GetResourceService", "GetResource", RESOURCE);
	ask("api.GetResourceService", "GetResource", NO_RESOURCE);
	ask("api.GetResourceService", "GetResource", "0a0161");
	ask("api.SealedSecretService", "UnsealSecret", SECRET);
	ask("api.SealedSecretService", "UnsealSecret", ENVELOPE);
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
# a message with one field, in hexadecimal
field() { # TEXT
	printf '0a%02x' $((${#1} & 127 | (${#1} > 127 ? 128 : 0)))
	[ ${#1} -le 127 ] || printf %02x $((${#1} >> 7))
	printf %s "$1" | od -An -v -tx1 | tr -d ' \n'
}
sealed_secret() { # JSON
	printf 'sealed.header.%s.signature' "$(printf %s "$1" | base64 -w 0 | tr +/ -_ | tr -d =)"
}
mkdir -p base/{dev,etc,proc,run,sbin,sys,usr/lib/podseal-kata} web/etc
vault='{"version": "0.1.0", "type": "vault", "name": "kbs:///default/app/two", "provider": "kbs", "provider_settings": {}, "annotations": {}}'
gcc -O1 -static -o base/sbin/init -DRESOURCE="\"$(field kbs:///default/app/one)\"" -DNO_RESOURCE="\"$(field kbs:///default/app/other)\"" \
	-DSECRET="\"$(field "$(sealed_secret "$vault")")\"" -DENVELOPE="\"$(field "$(sealed_secret "${vault/vault/envelope}")")\"" init.c
cp "$PROGRAMS/podseal-imaged" base/usr/lib/podseal-kata/
# it is static, but not under the sanitizers
ldd base/usr/lib/podseal-kata/podseal-imaged 2>/dev/null | grep -oE '/[^ ]+' | xargs -r cp -L --parents -t base
cp agent base/
echo "I am web" >web/etc/name
echo '{"Cmd": ["/bin/true"]}' >config
"$root/images/oci-layout" layout config web && sed -i 's|"latest"|"registry.example/web:1"|' layout/index.json
check "a pod is sealed" "$podseal" build --base rootfs:base --container web=oci:layout --key-out pod.key --progress none -o pod.img
check "a laboratory and an initrd are made" guest_lab
digest=$(jq -r '.manifests[0].digest' layout/index.json)
serve_keys
launch=(pod "$(pinned pod)")
check "the broker has the image's key for it" admit "${launch[@]}"
for name in one two; do
	(umask 077 && echo "the secret called $name" >$name)
	check "  and a secret" "$broker" add --store "$store" --path default/app/$name --secret $name --policy .policy.json
done

boots "it boots, and the image service is there until it is told to end" "^the service ended with 0" ./attest "${launch[@]}"
stop
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
check "a resource of the broker is given" says "$(field "$(cat one)"$'\n')"
check "  one that it does not give is refused in its words" says "7: podseal-imaged: default/app/other: the broker refuses: .*"
check "  what names none is told so" says '3: podseal-imaged: the resource "a" is not kbs:///REPOSITORY/TYPE/TAG'
check "a sealed secret that points to one is unsealed" says "$(field "$(cat two)"$'\n')"
check "  of the other type it is refused by name" says "3: podseal-imaged: a sealed secret of type envelope needs .*"
check "no secret is in the journal" eval '! grep "the secret called" console'
# the fastest of them: a loaded machine makes any one of them slow
fastest=$(sed -n 's/^podseal-imaged: image .* is container .*(\([0-9.]*\) ms)$/\1/p' console | sort -n | head -n 1)
echo "# the fastest pull took $fastest ms"
check "a pull takes less than 20 ms" awk -v ms="$fastest" 'BEGIN { exit !(ms != "" && ms < 20) }'
done_testing
