#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A guest has to write somewhere: into its memory, or onto a disk of the host's. The host may read that disk, change it while the guest runs, and change the
# image as well. It learns nothing from it, and what it changed is an I/O error in the guest and never data.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/broker.sh
. "$(dirname "$0")/../broker.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need qemu-system-x86_64 gcc python3
guest_kernel
cd "$work" || exit

# The image's /sbin/init; do=... on the kernel command line says how much of it to do.
cat >pod.c <<'C'
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRATCH "/run/podseal/scratch"
enum { BLOCK = 4096, BLOCKS = 256 };
static char block[BLOCK];

static void text(const char *path, const char *only)
{
	char line[1024];
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, only))
			printf("%s: %s", path, line);
	if (f)
		fclose(f);
}

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	sync();
	if (fd < 0 || write(fd, "3", 1) != 1)
		printf("caches cannot be dropped\n");
	close(fd);
}

/* What `dmsetup table --showkeys` asks for. */
static void tables(void)
{
	static const char *const names[] = { "podseal.scratch", "podseal.scratch-integrity", "podseal-pod-crypt" };
	int fd = open("/dev/mapper/control", O_RDWR);
	for (int i = 0; i < 3; i++) {
		struct { struct dm_ioctl io; char rest[8192]; } d = { .io = { .version = { 4, 0, 0 }, .data_size = sizeof(d),
			.data_start = sizeof(d.io), .flags = DM_STATUS_TABLE_FLAG } };
		strcpy(d.io.name, names[i]);
		if (ioctl(fd, DM_TABLE_STATUS, &d) == 0) {
			struct dm_target_spec *t = (void *)d.rest;
			printf("table of %s: %s %s\n", names[i], t->target_type, (char *)(t + 1));
		}
	}
	close(fd);
}

static long fill(const char *path)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	long n = 0;
	while (write(fd, block, BLOCK) == BLOCK)
		n++;
	printf("%s took %ld KiB: %s\n", path, n * 4, strerror(errno));
	fsync(fd);
	close(fd);
	return n;
}

/* What podseal-imaged does for each container. */
static void overlay(void)
{
	struct stat st;
	FILE *f;
	printf("scratch has mode %o\n", stat(SCRATCH, &st) == 0 ? st.st_mode & 07777 : 0);
	mkdir(SCRATCH "/containers", 0700), mkdir(SCRATCH "/containers/1", 0700);
	mkdir(SCRATCH "/containers/1/upper", 0700), mkdir(SCRATCH "/containers/1/work", 0700), mkdir("/run/rootfs", 0700);
	printf("trusted attribute: %s\n", setxattr(SCRATCH "/containers/1", "trusted.podseal", "1", 1, 0) == 0 ? "yes" : "no");
	printf("an overlay of one's own: %s\n", mount("overlay", "/run/rootfs", "overlay", 0, "lowerdir=/etc,upperdir=" SCRATCH
		"/containers/1/upper,workdir=" SCRATCH "/containers/1/work") == 0 && (f = fopen("/run/rootfs/new", "w")) ? "yes" : "no");
}

/* Folders and small files, some with attributes, made, partly removed and made again, with cold caches between. */
static void churn(void)
{
	char path[64];
	int bad = 0;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 600; i++) {
			snprintf(path, sizeof(path), "/tree/%d", i % 30);
			mkdir("/tree", 0700), mkdir(path, 0700);
			snprintf(path, sizeof(path), "/tree/%d/%d", i % 30, i);
			int fd = open(path, O_CREAT | O_WRONLY, 0600);
			bad += fd < 0 || write(fd, block, (size_t)(i % 7 * 700 + 1)) < 1;
			bad += i % 5 == 0 && fsetxattr(fd, "trusted.podseal", block, i * 2 % 1200, 0) < 0;
			close(fd);
		}
		drop_caches();
		for (int i = 0; i < 600; i += 1 + round) {
			snprintf(path, sizeof(path), "/tree/%d/%d", i % 30, i);
			int fd = open(path, O_RDONLY);
			bad += fd < 0 || read(fd, block, 1) != 1;
			close(fd);
			bad += unlink(path) < 0;
		}
		drop_caches();
	}
	printf("files made, read and removed with %d errors\n", bad);
}

static int count(int fd, int *errors)
{
	int good = 0;
	for (int i = 0; i < BLOCKS; i++) {
		ssize_t n = pread(fd, block, BLOCK, (off_t)i * BLOCK);
		*errors += n < 0 && errno == EIO;
		good += n == BLOCK;
	}
	return good;
}

/* Waits for a line of the host's, at a moment when nothing is cached. */
static void pause_for_host(const char *say)
{
	char line[16];
	drop_caches();
	printf("%s\n", say);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		printf("no word from the host\n");
}

static void against_host(void)
{
	int written, sealed = open("/etc/sealed", O_RDONLY), errors = 0;
	pause_for_host("before");
	written = open("/written", O_CREAT | O_RDWR, 0600);
	for (int i = 0; i < BLOCKS; i++) {
		memset(block, 'a' + i % 26, BLOCK);
		memcpy(block, "known plaintext", 15);
		if (write(written, block, BLOCK) != BLOCK)
			printf("short write\n");
	}
	fsync(written);
	drop_caches();
	printf("written: %d good blocks\n", count(written, &errors));
	printf("sealed: %d good blocks\n", count(sealed, &errors));
	pause_for_host("after");
	int good = count(written, &errors);
	printf("changed by the host: %d good blocks, %d errors\n", good, errors);
	errors = 0;
	good = count(sealed, &errors);
	printf("image changed by the host: %d good blocks, %d errors\n", good, errors);
}

int main(void)
{
	char cmdline[4096] = "";
	if (read(open("/proc/cmdline", O_RDONLY), cmdline, sizeof(cmdline) - 1) < 1)
		printf("no command line\n");
	printf("\nthe pod runs\n");
	text("/proc/mounts", "");
	overlay();
	tables();
	if (strstr(cmdline, "do=fill"))
		fill("/full");
	if (strstr(cmdline, "do=all")) {
		int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
		char record[8192];
		ssize_t n;
		churn();
		fill("/full");
		drop_caches();
		unlink("/full");
		churn();
		while (errno = 0, (n = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
			record[n > 0 ? n : 0] = 0;
			if (strstr(record, "EXT4-fs error") || strstr(record, "I/O error") || strstr(record, "INTEGRITY"))
				printf("kernel: %s", record);
		}
		against_host();
	}
	fflush(stdout);
	fsync(1);
	sleep(1);
	return reboot(RB_POWER_OFF);
}
C
image() { # NAME FOLDERS OPTION...
	rm -rf base
	mkdir -p base/{etc,sbin}
	(cd base && [ -z "$2" ] || mkdir $2)
	gcc -O1 -w -static -o base/sbin/init pod.c
	python3 -c 'open("base/etc/sealed", "wb").write(b"".join((b"sealed plaintext %d " % i).ljust(4096, b"s") for i in range(256)))'
	"$podseal" build --base "rootfs:$PWD/base" --progress none "${@:3}" -o "$1.img"
}
small_image web >.web
check "a laboratory and an initrd are made" guest_lab
check "so are images, two of them with no folder to mount on, one of these with a sealed pod" eval 'image pod "dev proc run sys" --encrypt none &&
	image bare "" --encrypt none && image sealed "" --encrypt pod --container web=oci:web --key-out sealed.key'
keyring() { # DEVICE HOW-ITS-TABLE-BEGINS
	said "^table of $1: crypt $2" && ! grep -a "^table of $1:" .console | grep -Eq "[0-9a-f]{32}"
}

serve_keys
launch=(sealed "$(pinned sealed) podseal.scratch=tmpfs:8M do=fill")
check "the broker lets it in" admit "${launch[@]}"
boots "scratch=tmpfs:SIZE takes that much and no more" "^/full took ([67][0-9]{3}|8[01][0-9]{2}) KiB: No space left on device" ./attest "${launch[@]}"
check "  on an image without a folder to mount on" said "^/proc/mounts: proc /proc proc "
check "  it is at /run/podseal/scratch, root's alone" eval 'said "^/proc/mounts: tmpfs /run/podseal/scratch tmpfs rw,nosuid,nodev," && said "^scratch has mode 700"'
check "  and others may make overlays in it" eval 'said "^trusted attribute: yes" && said "^an overlay of one.s own: yes"'
check "  a sealed pod has no device nodes" said "^/proc/mounts: overlay /usr/lib/podseal overlay rw,nodev,"
check "  and its key is in the kernel's keyring, not in the table" keyring podseal-pod-crypt "aes-xts-plain64 :64:logon:podseal:pod 0 "
stop
refusal "scratch=none names the folder that such an image lacks" \
	"changing to the new root: the image has no folder /dev, and with podseal.scratch=none none can be made: add one to the base image" ./boot \
	bare "$(pinned bare) podseal.scratch=none"

refusal "scratch=disk without the disk is refused" "mounting the volumes: the scratch disk: no disk has the serial podseal-scratch" ./boot \
	pod "$(pinned pod) podseal.scratch=disk"
truncate -s 15M small.img
refusal "a disk that is too small is" "mounting the volumes: the scratch disk: /dev/vdb: 15728640 bytes, at least 16777216" ./boot \
	pod "$(pinned pod) podseal.scratch=disk" --scratch small.img

# Each time the guest waits: what is on the disk, then a changed byte in each block that the guest has written since; and one in each of the image's.
cat >host.py <<'PY'
import os, re, shutil, sys
def blocks(f):
    while block := f.read(4096):
        yield block
if sys.argv[1] == "note":
    shutil.copyfile("scratch.img", "noted.img")
else:
    changed = 0
    with open("scratch.img", "r+b") as now, open("noted.img", "rb") as before:
        for i, (new, old) in enumerate(zip(list(blocks(now)), list(blocks(before)))):
            if new != old and i > 128:
                now.seek(i * 4096 + 2000)
                now.write(bytes([new[2000] ^ 1]))
                changed += 1
    with open("pod.img", "r+b") as image:
        for found in list(re.finditer(rb"sealed plaintext \d+ s", image.read())):
            image.seek(found.start() + 100)
            image.write(b"x")
    print("changed", changed)
PY
# Anything may be on the disk beforehand.
python3 -c 'import os
with open("scratch.img", "wb") as f:
    for i in range(140): f.write(os.urandom(1 << 10) * (1 << 10))'
mkfifo to-guest
await() { # TEXT
	local deadline=$((SECONDS + BOOT_SECONDS))
	until grep -q "^$1" .console 2>/dev/null; do
		[ "$SECONDS" -lt "$deadline" ] && kill -0 "$guest" 2>/dev/null || return 1
		sleep 0.2
	done
}
with_host() {
	timeout -k 5 "$BOOT_SECONDS" ./boot pod "$(pinned pod) podseal.scratch=disk do=all" --scratch scratch.img <to-guest >.console 2>&1 &
	guest=$!
	exec 9>to-guest
	await before && python3 host.py note && echo >&9 &&
		await after && python3 host.py change && echo >&9
	wait "$guest"
	local status=$?
	exec 9>&-
	sed -i 's/\r//' .console
	[ "$status" -eq 0 ] && said "^image changed by the host:" || { tell .console; return 1; }
}
check "a guest writes to a disk while the host reads and changes it" with_host
check "  the disk is at /run/podseal/scratch, root's alone" eval 'said "^/proc/mounts: /dev/dm-[0-9]+ /run/podseal/scratch ext4 rw,nosuid,nodev," && said "^scratch has mode 700"'
check "  others may make overlays on it" eval 'said "^trusted attribute: yes" && said "^an overlay of one.s own: yes"'
check "  thousands of small files come and go without an error" test "$(grep -c '^files made, read and removed with 0 errors' .console)" -eq 2
check "  a full disk is a full disk" said "^/full took 1[0-9]{5} KiB: No space left on device"
check "  nothing read a block that was not written" unsaid "^kernel: "
check "  what was written is read back, as is what is in the image" eval 'said "^written: 256 good blocks" && said "^sealed: 256 good blocks"'
check "  what the host changed on the disk is an I/O error, every block of it" said "^changed by the host: 0 good blocks, 256 errors"
check "  and so is what it changed in the image" said "^image changed by the host: 0 good blocks, 256 errors"
check "  it found nothing of the plaintext on the disk" eval '! grep -aq "known plaintext" scratch.img noted.img'
check "  the tables are dm-crypt with a tag, on dm-integrity" eval 'said "^table of podseal.scratch: crypt capi:authenc.hmac.sha256.,xts.aes..-plain64 " &&
	said "^table of podseal.scratch-integrity: integrity .* 32 D "'
check "  the key is in the kernel's keyring, not in the table" keyring podseal.scratch "[^ ]* :96:logon:podseal:scratch 0 "
done_testing
