#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A guest is told which image is its own: by a digest on its measured command line, or by a certificate in its measured initrd. The host chooses
# its disks, and may damage or exchange them. So the pod runs from the right image, wherever that is attached; and where anything is in doubt the
# guest says in one line what, and is off before a byte of the image runs.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc openssl
guest_kernel
cd "$work" || exit

# an image's /sbin/init, which tells what it finds
cat >pod.c <<'C'
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>
static void show(const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		printf("%s: %s", path, line);
	if (f)
		fclose(f);
}
int main(int argc, char **argv)
{
	FILE *f;
	printf("\nthe pod runs as process %d with %d argument\n", getpid(), argc);
	show("/etc/pod");
	show("/proc/mounts");
	show("/proc/sys/kernel/modules_disabled");
	show("/proc/sys/kernel/kexec_load_disabled");
	show("/proc/sys/kernel/sysrq");
	printf("a file is written: %s\n", (f = fopen("/written", "w")) ? "yes" : "no");
	for (int fd = 3; fd < 64; fd++)
		if (fd != (f ? fileno(f) : -1) && lseek(fd, 0, SEEK_CUR) != -1)
			printf("file descriptor %d is open\n", fd);
	if (access("/volumes", F_OK) == 0 || access("/init", F_OK) == 0)
		printf("the initrd is still there\n");
	fflush(stdout);
	fsync(1);
	sleep(1);
	return reboot(RB_POWER_OFF);
}
C
image() { # NAME OPTION...
	rm -rf base
	mkdir -p base/{dev,etc,proc,run,sbin,sys}
	gcc -O1 -w -static -o base/sbin/init pod.c && echo "$1" >base/etc/pod &&
		"$podseal" build --base "rootfs:$PWD/base" --encrypt none --progress none "${@:2}" -o "$1.img"
}
seal() {
	"$verity" root "$1" | sed -n 's/^seal //p'
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.pem -days 30 -subj /CN=signer 2>/dev/null
check "an image is made, and another that is signed" eval 'image one && image two --sign-key signer.key --sign-cert signer.pem'
check "and one for another architecture" image arm --arch arm64
check "so is an initrd" "$podseal" initrd --modules "$modules" -o initrd.img
check "  and one that trusts the signer" "$podseal" initrd --modules "$modules" --trust signer.pem -o trusting.img
# run INITRD IMAGE PARAMETERS [OPTION...], as a program for `boots`
cat >run <<SH
#!/bin/sh
initrd=\$1 image=\$2 parameters=\$3
shift 3
exec "$podseal" run "\$image" --kernel "$kernel" --initrd "\$initrd" --append "quiet panic=-1 no_timer_check \$parameters" --memory 512M "\$@"
SH
chmod +x run

boots "a guest starts the image whose digest it was given" "^the pod runs as process 1 with 1 argument" ./run initrd.img one.img "podseal.seal=$(seal one.img) single"
check "  having said what it trusts, and why" said "^podseal-init: trusting an image: $(seal one.img) on /dev/vda, trusted by the command line \([0-9]+ ms\)"
check "  its root is an overlay, which takes writes" eval 'said "^/proc/mounts: overlay / overlay rw" && said "^a file is written: yes"'
check "  modules, kexec and SysRq are shut" eval 'said "modules_disabled: 1" && said "kexec_load_disabled: 1" && said "sysrq: 0"'
check "  nothing of the initrd is left, nor a file descriptor" unsaid "the initrd is still there|file descriptor"
boots "scratch=none leaves the root read-only" "^a file is written: no" ./run initrd.img one.img "podseal.seal=$(seal one.img) podseal.scratch=none"
check "  straight on dm-verity" said "^/proc/mounts: /dev/dm-[0-9]+ / ext4 ro"
boots "a signature by whom the initrd trusts will do" "trusted by its signature" ./run trusting.img two.img ""
boots "of two images attached the right one is taken" "^/etc/pod: two" ./run initrd.img one.img "podseal.seal=$(seal two.img)" --scratch two.img

refusal "another image is refused" "trusting an image: /dev/vda: the image's seal is $(seal two.img), podseal.seal asks for $(seal one.img)" ./run \
	initrd.img two.img "podseal.seal=$(seal one.img)"
refusal "  though it is signed by whom the initrd trusts" "trusting an image: /dev/vda: the image's seal is" ./run trusting.img two.img "podseal.seal=$(seal one.img)"
refusal "one without a signature is, where that is what counts" "trusting an image: /dev/vda: the descriptor has no signature" ./run trusting.img one.img ""
refusal "without a word of whom to trust nobody is" "trusting an image: /dev/vda: nothing says what to trust" ./run initrd.img two.img ""
refusal "one for another architecture is, though pinned" "trusting an image: /dev/vda: the image is for aarch64, this machine is x86_64" ./run initrd.img arm.img \
	"podseal.seal=$(seal arm.img)"
refusal "a misspelt parameter is refused" "reading the kernel command line: podseal.sael is not a parameter" ./run initrd.img one.img "podseal.sael=$(seal one.img)"
truncate -s 1M empty.img
refusal "a disk without an image is named" "trusting an image: /dev/vda: " ./run initrd.img empty.img "podseal.seal=$(seal one.img)"
damaged() { # OFFSET
	cp one.img damaged.img
	printf '\xa5' | dd of=damaged.img bs=1 seek="$1" conv=notrunc status=none
}
damaged $((1048576 + 100))
refusal "a changed block of data is refused" "opening dm-verity: volume root: the first block does not match the root hash" ./run initrd.img damaged.img \
	"podseal.seal=$(seal one.img)"
done_testing
