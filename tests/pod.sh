# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# pod.sh: for tests that boot a small image of their own, which tells that it runs; after guest.sh and guest_kernel.
#
#   witness NAME OPTION...    NAME.img, of a base whose /sbin/init says "the pod runs as process N with N argument" and what it finds in its environment.
#                             With "ask" on the kernel command line it then asks for a line on the console before it reads /etc/later.
#   seal IMAGE                its seal digest
#   ./guest INITRD IMAGE PARAMETERS [QEMU WORD...]   the machine that `podseal run` makes, with more words for QEMU; IMAGE "-" is no disk
#   console_says REGEX        waits until the guest that runs in the background has said so on .console
#   ends PID                  waits for that guest's end, for at most BOOT_SECONDS
cat >"$work/pod.c" <<'C'
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>
int main(int argc, char **argv, char **envp)
{
	char text[4096];
	ssize_t n;
	printf("\nthe pod runs as process %d with %d argument\n", getpid(), argc);
	for (; *envp; envp++)
		printf("environment: %s\n", *envp);
	n = read(open("/proc/cmdline", O_RDONLY), text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	if (strstr(text, " ask")) {
		printf("the pod asks\n");
		fflush(stdout);
		n = read(0, text, sizeof(text));
		n = read(open("/etc/later", O_RDONLY), text, sizeof(text));
		printf("/etc/later: %s\n", n < 0 ? strerror(errno) : "was read");
	}
	printf("the pod is done\n");
	fflush(stdout);
	/* the serial port's queue, before the power goes */
	fsync(1);
	sleep(1);
	return reboot(RB_POWER_OFF);
}
C

witness() {
	mkdir -p "$work/base/"{dev,etc,proc,run,sbin,sys} &&
		gcc -O1 -w -static -o "$work/base/sbin/init" "$work/pod.c" &&
		printf "told by the pod %4080s" "" {1..2} >"$work/base/etc/later" && echo "$1" >"$work/base/etc/pod" &&
		"$podseal" build --base "rootfs:$work/base" --progress none "${@:2}" -o "$1.img"
}

seal() {
	"$verity" root "$1" | sed -n 's/^seal //p'
}

cat >"$work/guest" <<SH
#!/bin/bash
image=\$2
[ "\$image" != - ] || image=/dev/null
eval "words=(\$("$podseal" run "\$image" --kernel "$kernel" --initrd "\$1" --append "quiet panic=-1 no_timer_check \$3" --memory 512M --dry-run))" || exit
if [ "\$2" = - ]; then
	for i in "\${!words[@]}"; do
		[[ \${words[i]} != *image,* ]] || unset "words[i-1]" "words[i]"
	done
fi
exec "\${words[@]}" "\${@:4}"
SH
chmod +x "$work/guest"
console_says() {
	until_true "$BOOT_SECONDS" said "$1"
}

ends() {
	until_true "$BOOT_SECONDS" ended "$1" || kill -9 "$1"
}
