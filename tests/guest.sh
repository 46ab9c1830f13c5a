# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# guest.sh: for tests that boot a kernel, or need its modules; after lib.sh.
#
#   guest_kernel           $kernel and $modules: Debian's kernel for virtual machines, fetched once into build/guest-kernel
#   tiny_init SAYS OUT     a static program for /init: prints SAYS and the kernel command line, and powers the machine off
#   boots SENTENCE REGEX COMMAND...   ok if the guest that the command starts prints what matches, and has powered off within BOOT_SECONDS (120)
BOOT_SECONDS=${BOOT_SECONDS:-120}

guest_kernel() {
	local cache=$root/build/guest-kernel
	mkdir -p "$root/build"
	# tests run at the same time
	flock "$root/build" "$root/images/guest-kernel" "$cache" 2>"$work/.kernel" || skip_all "$(tail -n 1 "$work/.kernel")"
	# shellcheck disable=SC2034 # for the script that sources this
	kernel=$cache/vmlinuz modules=$cache/modules
}

tiny_init() {
	need gcc
	cat >"$work/.init.c" <<-C
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/mount.h>
		#include <sys/reboot.h>
		#include <unistd.h>
		int main(void)
		{
			char text[4096];
			ssize_t n = -1;
			if (mount("proc", "/proc", "proc", 0, NULL) == 0)
				n = read(open("/proc/cmdline", O_RDONLY), text, sizeof(text) - 1);
			text[n > 0 ? n : 0] = 0;
			printf("\n$1\ncmdline: %s\n", text);
			fflush(stdout);
			/* the serial port's queue, before the power goes */
			fsync(1);
			sleep(1);
			return reboot(RB_POWER_OFF);
		}
	C
	gcc -O1 -static -o "$2" "$work/.init.c"
}

boots() {
	local sentence=$1 regex=$2 status
	shift 2
	timeout -k 5 "$BOOT_SECONDS" "$@" </dev/null >"$work/.console" 2>&1
	status=$?
	tr -d '\r' <"$work/.console" >"$work/.said"
	if [ "$status" -eq 0 ] && grep -Eq -- "$regex" "$work/.said"; then
		ok "$sentence"
		return 0
	fi
	not_ok "$sentence"
	echo "#   exit status $status, or no line that matches \"$regex\": ${*@Q}"
	tell "$work/.said"
	return 1
}
