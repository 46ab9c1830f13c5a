# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# guest.sh: for tests that boot a kernel, or need its modules; after lib.sh.
#
#   guest_kernel           $kernel and $modules: Debian's kernel for virtual machines, fetched once into build/guest-kernel
#   tiny_init SAYS OUT     a static program for /init: prints SAYS and the kernel command line, and powers the machine off
#   boots SENTENCE REGEX COMMAND...   ok if the guest that the command starts prints what matches, and has powered off within BOOT_SECONDS (120)
#   said REGEX / unsaid REGEX         whether the last guest's console has such a line, for check
#   refusal SENTENCE REGEX COMMAND... ok if the guest ends with "podseal-init: REGEX", and nothing of its pod has run
#
# Guests that attest, with broker.sh sourced as well. In a few lines: guest_kernel; guest_lab; pod one --key-out one.key; serve_keys;
# admit one "$(pinned one)"; boots "the key is given" "^the pod one runs" ./attest one "$(pinned one)"; stop
#
#   guest_lab [OPTION...]  a laboratory in $lab, an initrd in $initrd (OPTION... is for `podseal initrd`), and in $work the scripts
#                            ./boot IMAGE PARAMETERS [OPTION...]    $work/IMAGE.img, by $kernel and $initrd; OPTION... is for `podseal run`
#                            ./attest IMAGE PARAMETERS [OPTION...]  the same with the stand-in SNP device and the broker at $url
#   pod NAME [OPTION...]   $work/NAME.img: its init says "the pod NAME runs", shows /proc/mounts and whether /usr/lib/podseal/pod.json is there,
#                          and powers off. OPTION... is for `podseal build`: --key-out NAME.key or --encrypt none, and so on
#   pinned NAME            podseal.seal=... of that image
#   serve_keys [OPTION...] starts a broker with an empty store that trusts the laboratory; OPTION... as `serve` takes them
#   launch_of WHAT IMAGE PARAMETERS [OPTION...]    what ./attest with these would report: WHAT is MEASUREMENT or HOST_DATA
#   admit IMAGE PARAMETERS [OPTION...]             the broker gives $work/IMAGE.key to such a launch and to no other; $secret: another file than that
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

said() {
	grep -Eaq -- "$1" "$work/.console"
}

unsaid() {
	! said "$1"
}

refusal() {
	boots "$1" "^podseal-init: $2" "${@:3}"
	check "  and nothing of the image runs" unsaid "the pod.*runs"
}

guest_lab() {
	need qemu-system-x86_64 gcc jq
	# shellcheck disable=SC2154 # broker.sh's
	"$root/tests/generators/laboratory.sh" "$lab" || skip_all "openssl makes no laboratory"
	initrd=$work/initrd.img
	"$podseal" initrd --modules "$modules" "$@" -o "$initrd" || return 1
	url=http://127.0.0.1:1
	export podseal kernel modules initrd lab url
	cat >"$work/boot" <<-'SH'
		#!/bin/bash
		image=$1 parameters=$2
		shift 2
		exec "$podseal" run "$image.img" --kernel "$kernel" --initrd "$initrd" --append "quiet panic=-1 no_timer_check $parameters" --memory 512M "$@"
	SH
	cat >"$work/attest" <<-'SH'
		#!/bin/bash
		exec ./boot "$@" --simulate-snp --lab "$lab" --modules "$modules" --broker "$url"
	SH
	chmod +x "$work/boot" "$work/attest"
}

pod() {
	local name=$1
	shift
	mkdir -p "$work/.pod/"{dev,etc,proc,run,sbin,sys,usr/lib/podseal}
	cat >"$work/.pod.c" <<-C
		#include <stdio.h>
		#include <sys/reboot.h>
		#include <unistd.h>
		int main(void)
		{
			char line[512];
			FILE *f = fopen("/proc/mounts", "r");
			printf("\nthe pod $name runs\n");
			while (f && fgets(line, sizeof(line), f))
				printf("mounted: %s", line);
			printf("pod.json is there: %s\n", access("/usr/lib/podseal/pod.json", R_OK) ? "no" : "yes");
			fflush(stdout);
			/* the serial port's queue, before the power goes */
			fsync(1);
			sleep(1);
			return reboot(RB_POWER_OFF);
		}
	C
	gcc -O1 -static -o "$work/.pod/sbin/init" "$work/.pod.c" &&
		"$podseal" build --base "rootfs:$work/.pod" --progress none "$@" -o "$work/$name.img" >"$work/.built"
}

pinned() {
	printf 'podseal.seal='
	"$verity" root "$work/$1.img" | sed -n 's/^seal //p'
}

serve_keys() {
	store=$work/keys.db
	rm -f "$store"*
	# shellcheck disable=SC2154 # broker.sh's
	"$broker" init --store "$store" >"$work/.init" 2>&1 && serve --trust-ark "$lab/ark.pem" "$@"
}

launch_of() {
	local what=$1
	shift
	(cd "$work" && ./attest "$@" --dry-run) 2>&1 >/dev/null | sed -n "s/^podseal: laboratory: $what \([0-9a-f]*\).*/\1/p"
}

admit() {
	local image=$1 path
	path=$("$podseal" inspect "$work/$image.img" --json | jq -r '[.. | .key_id? // empty][0]')
	"$podseal" policy "$work/$image.img" --measurement "$(launch_of MEASUREMENT "$@")" -o "$work/.policy.json" >"$work/.admitted" 2>&1 || return 1
	"$broker" remove --store "$store" --path "$path" >"$work/.removed" 2>&1
	"$broker" add --store "$store" --path "$path" --secret "${secret:-$work/$image.key}" --policy "$work/.policy.json" >"$work/.added"
}
