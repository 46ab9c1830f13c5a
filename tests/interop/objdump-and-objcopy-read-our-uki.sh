#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A UKI is a PE file that others read: binutils finds each section whole, a checksum computed elsewhere is the one in the header, and the image is what
# objcopy makes of the same parts by systemd's older recipe, section for section.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need objdump objcopy python3
stub=/usr/lib/systemd/boot/efi/linuxx64.efi.stub
[ -e $stub ] || skip_all "$stub is not there (Debian: systemd-boot-efi)"
guest_kernel
cd "$work" || exit

head -c 3000001 /dev/urandom >initrd
printf 'ID=test\nPRETTY_NAME="a test"\n' >os-release
printf 'console=ttyS0 podseal.seal=sha256:00' >cmdline
uki() {
	"$podseal" uki --kernel "$kernel" --initrd initrd --os-release os-release --cmdline "$(cat cmdline)" "$@"
}
check "a UKI is made, with Debian's stub for the kernel's machine" uki -o pod.efi
check "the same parts make the same bytes" eval 'uki --stub $stub -o again.efi && cmp pod.efi again.efi'

release=$(basename "$(readlink -f "$modules")")
printf %s "$release" >uname
cp "$kernel" linux
cp os-release osrel
for section in osrel cmdline uname initrd linux; do
	objcopy --dump-section .$section=.got pod.efi .copy
	check "objcopy takes .$section out as it went in" cmp .got $section
done

python3 - pod.efi >verdict <<'PYTHON'
import struct, sys

f = open(sys.argv[1], "rb").read()
pe = struct.unpack_from("<I", f, 60)[0]
optional = pe + 24
section_alignment, file_alignment = struct.unpack_from("<II", f, optional + 32)
image, headers, checksum = struct.unpack_from("<III", f, optional + 56)
table = optional + struct.unpack_from("<H", f, pe + 20)[0]
sections = [struct.unpack_from("<8sIIII", f, table + 40 * i) for i in range(struct.unpack_from("<H", f, pe + 6)[0])]

words = bytearray(f + b"\0" * (len(f) % 2))
words[optional + 64:optional + 68] = b"\0" * 4
total = sum(struct.unpack(f"<{len(words) // 2}H", words))
while total >> 16:
    total = (total & 0xffff) + (total >> 16)
assert checksum == total + len(f), "checksum"

memory = [(address, address + size) for _, size, address, _, _ in sections]
assert all(a[1] <= b[0] for a, b in zip(memory, memory[1:])), "sections overlap in memory"
raw = sorted((offset, offset + size) for _, _, _, size, offset in sections)
assert raw[0][0] >= headers and all(a[1] <= b[0] for a, b in zip(raw, raw[1:])), "sections overlap in the file"
ours = sections[-5:]
assert [s[0].rstrip(b"\0") for s in ours] == [b".osrel", b".cmdline", b".uname", b".initrd", b".linux"], "order"
assert all(a % 4096 == 0 and size <= r and o % file_alignment == 0 and r % file_alignment == 0 for _, size, a, r, o in ours), "alignment"
assert image == -(-memory[-1][1] // section_alignment) * section_alignment, "size of the image"
assert raw[-1][1] == len(f), "the file ends with its last section"
PYTHON
check "headers, alignment and checksum are as the PE format has them" same verdict /dev/null

objcopy --add-section .osrel=osrel --change-section-vma .osrel=0x20000 --add-section .cmdline=cmdline --change-section-vma .cmdline=0x30000 \
	--add-section .linux=linux --change-section-vma .linux=0x2000000 --add-section .initrd=initrd --change-section-vma .initrd=0x4000000 $stub theirs.efi
contents() {
	objdump -h "$1" | awk '$1 ~ /^[0-9]+$/ && $2 != ".uname" { print $2, $3 }' | sort
}
check "objdump finds in it what it finds in objcopy's" same <(contents pod.efi) <(contents theirs.efi)

refuses "a kernel that is no EFI program is refused" 3 "not an EFI program|not a PE file" "$podseal" uki --kernel initrd --stub $stub -o bad.efi
refuses "a stub that is not one is refused" 3 "the stub: not a PE file" uki --stub os-release -o bad.efi
refuses "a UKI is no stub" 3 "has a section .osrel already|no room" uki --stub pod.efi -o bad.efi
refuses "a command line is one line" 3 "control character" "$podseal" uki --kernel "$kernel" --cmdline $'a\nb' -o bad.efi
check "no failure left a file" test ! -e bad.efi
done_testing
