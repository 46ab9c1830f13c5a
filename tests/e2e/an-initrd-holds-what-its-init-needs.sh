#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is in the initrd is measured, so it is the init with what it needs and nothing more, and the same files make the same bytes. Here the init is a small
# program with a library of its own, and the kernel's modules are files that only look like modules.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need gcc cpio gzip xz zstd openssl
cd "$work" || exit

mkdir -p program/lib
echo 'int seven(void) { return 7; }' >seven.c
echo '#include <stdio.h>
int seven(void);
int main(void) { printf("seven is %d\n", seven()); }' >init.c
gcc -shared -fPIC -o program/lib/libseven.so.1 seven.c -Wl,-soname,libseven.so.1
gcc -o program/init init.c program/lib/libseven.so.1 -Wl,-rpath,'$ORIGIN/lib'
gcc -static -o program/static init.c seven.c

modules=lib/modules/9.9.9-test
mkdir -p $modules/kernel/{md,fs,net}
echo "the device mapper" | xz >$modules/kernel/md/dm-mod.ko.xz
echo "dm-verity" | zstd -q >$modules/kernel/md/dm-verity.ko.zst
echo "dm-crypt" | gzip >$modules/kernel/md/dm-crypt.ko.gz
echo "overlay" >$modules/kernel/fs/overlay.ko
echo "not for a guest" >$modules/kernel/net/wireless.ko
cat >$modules/modules.dep <<'TEXT'
kernel/md/dm-mod.ko.xz:
kernel/md/dm-verity.ko.zst: kernel/md/dm-mod.ko.xz
kernel/md/dm-crypt.ko.gz: kernel/md/dm-mod.ko.xz
kernel/net/wireless.ko: kernel/fs/overlay.ko
kernel/fs/overlay.ko:
TEXT
printf 'alias fs-overlay overlay\nalias pci:* wireless\n' >$modules/modules.alias
echo "kernel/fs/ext4/ext4.ko" >$modules/modules.builtin

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout signer.key -out signer.crt -subj /CN=signer -days 9 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 9 2>/dev/null
cat signer.key signer.crt ca.crt >bundle.pem
fingerprint() {
	openssl x509 -in "$1" -outform der | sha256sum | cut -d ' ' -f 1
}
signer=$(fingerprint signer.crt) ca=$(fingerprint ca.crt)

initrd() {
	"$podseal" initrd --init program/init --modules $modules --trust bundle.pem --trust signer.crt --ca ca.crt "$@"
}
check "an initrd is made and listed" eval 'initrd -o one.img --list >list'
"$podseal" initrd --list one.img >list.again
check "and listed again from the file" same list list.again
mkdir tree
check "cpio unpacks it" eval 'zstd -dc one.img | cpio --quiet -i -D tree'

libc=$(cd tree && find . -name libc.so.6 -printf '%P')
interpreter=$(cd tree && find . -name 'ld-linux*' -printf '%P')
cat >expected <<TEXT
dev
etc/podseal/ca/$ca.pem
etc/podseal/trust/$ca.pem
etc/podseal/trust/$signer.pem
init
$interpreter
$libc
${libc%/*}/libseven.so.1
$modules/overlay.ko
$modules/dm-crypt.ko
$modules/dm-mod.ko
$modules/dm-verity.ko
$modules/modules.alias
$modules/modules.dep
proc
run
sys
TEXT
(cd tree && { find . -type f -printf '%P\n'; find . -type d -empty -printf '%P\n'; }) | sort >found
sort -o expected expected
check "it holds the init, its libraries, its modules and the certificates, and nothing else" same expected found
check "each file is listed" same <(cut -c 16- list | sed 's/^ *[0-9]* //' | sort) <(cd tree && find . -mindepth 1 -printf '%P\n' | sort)
check "the files are the same as here" eval 'cmp program/init tree/init && cmp program/lib/libseven.so.1 "tree/${libc%/*}/libseven.so.1" && cmp "$(readlink -f "/$libc")" "tree/$libc"'
check "modules are stored plain" same <(cat tree/$modules/*.ko) <(echo dm-crypt; echo "the device mapper"; echo dm-verity; echo overlay)
check "modules.dep has these, by their new names" same tree/$modules/modules.dep <(grep -v wireless $modules/modules.dep | sed 's/\.xz//g; s/\.zst//g; s/\.gz//g; s,kernel/[a-z]*/,,g')
check "modules.alias has theirs" same tree/$modules/modules.alias <(echo "alias fs-overlay overlay")
check "a certificate is copied, and no key beside it" same tree/etc/podseal/trust/"$signer".pem signer.crt
check "no private key is in it" eval '! grep -rq "PRIVATE KEY" tree'
check "everything is root's and of 1970" eval '! grep -v " 0:0 " list && [ -z "$(zstd -dc one.img | cpio --quiet -tvn | grep -v "Jan  *1  *1970")" ]'
if [ "$(id -u)" -eq 0 ]; then
	check "the init runs there" same <(chroot tree /init) <(echo "seven is 7")
else
	skip "the init runs there" "needs chroot, so root"
fi

initrd -o two.img
check "made again, it is the same" cmp one.img two.img
mkdir elsewhere && cp -r program $modules bundle.pem elsewhere/
mv elsewhere/9.9.9-test elsewhere/link-to && ln -s "$PWD/$modules" elsewhere/modules
touch -d @1 program/init program/lib/*
check "from other paths and at other times too" eval '(umask 077; TZ=Asia/Tokyo LC_ALL=C "$podseal" initrd --init elsewhere/program/init --modules elsewhere/modules --ca "$work/ca.crt" --trust elsewhere/bundle.pem -o three.img) && cmp one.img three.img'
check "SOURCE_DATE_EPOCH dates what is inside" eval 'SOURCE_DATE_EPOCH=1000000000 initrd -o dated.img && zstd -dc dated.img | cpio --quiet -tvn | grep -c "Sep  *[89]  *2001" | grep -qx "$(wc -l <list)"'
check "a static init stands alone" eval '"$podseal" initrd --init program/static -o static.img --list | grep -v "^d" | grep -c . | grep -qx 1'

refuses "a library that is nowhere is named, and who needs it" 3 "program/none/init: needs libseven.so.1, which is nowhere here" \
	eval 'mkdir -p program/none && cp program/init program/none/ && "$podseal" initrd --init program/none/init -o bad.img'
refuses "what is not a program is refused" 3 "init.c: not an ELF file" "$podseal" initrd --init init.c -o bad.img
refuses "a file without a certificate is refused" 3 "ca.key: not a certificate in PEM" "$podseal" initrd --init program/init --ca ca.key -o bad.img
refuses "modules without depmod's list are refused" 3 "depmod" "$podseal" initrd --init program/init --modules program -o bad.img
rm $modules/kernel/fs/overlay.ko
refuses "a module that is not there is named" 3 "kernel/fs/overlay.ko: No such file" initrd -o bad.img
echo damaged | xz | head -c 40 >$modules/kernel/md/dm-mod.ko.xz
refuses "a damaged one is named" 3 "dm-mod.ko.xz: damaged xz" initrd -o bad.img
: >$modules/modules.builtin
refuses "a kernel that lacks what every image needs is refused" 3 "this kernel has no ext4" initrd -o bad.img
SOURCE_DATE_EPOCH=4294967296 refuses "a time that cpio cannot hold is refused" 2 "SOURCE_DATE_EPOCH" initrd -o bad.img
check "no failure left a file" eval '! ls | grep bad.img'

zstd -dc one.img >plain.cpio
cat one.img one.img >twice.img
(cat plain.cpio; zstd -dc static.img) >hidden.cpio
check "a plain cpio archive is listed the same" same list <("$podseal" initrd --list plain.cpio)
refuses "a second archive behind the first does not stay unseen" 3 "something follows the cpio archive" eval '"$podseal" initrd --list hidden.cpio >/dev/null'
refuses "nor one that is compressed" 3 "something follows the cpio archive" eval '"$podseal" initrd --list twice.img >/dev/null'
refuses "nor one behind xz, which is not read for that reason" 3 "compressed with xz" eval '{ xz -c plain.cpio; xz -c plain.cpio; } >xz.img && "$podseal" initrd --list xz.img'
refuses "an initrd that is cut is refused" 3 "cut.img: " eval 'head -c 1000 one.img >cut.img && "$podseal" initrd --list cut.img'
done_testing
