#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The partition table of an image is what any partitioning tool reads: both copies, each partition with its type, UUID and name. The bytes
# are the golden ones that tests/unit/format/test_gpt.c holds the encoder to.
. "$(dirname "$0")/../lib.sh"
need sfdisk fdisk
golden=$root/tests/unit/format/golden
mebibyte=1048576
cd "$work" || exit

truncate -s $((28 * mebibyte)) disk
dd if="$golden/gpt-primary" of=disk conv=notrunc status=none
dd if="$golden/gpt-backup" of=disk conv=notrunc oflag=seek_bytes seek=$((28 * mebibyte - 16896)) status=none

cat >expected <<'DUMP'
label: gpt
label-id: 01020304-0506-0708-090A-0B0C0D0E0F10
device: disk
unit: sectors
first-lba: 34
last-lba: 57310
sector-size: 512

disk1 : start=        2048, size=        8000, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=20212223-2425-2627-2829-2A2B2C2D2E2F, name="root-data", attrs="GUID:60"
disk2 : start=       10240, size=          80, type=2C7357ED-EBD2-46D9-AEC1-23D437EC2BF5, uuid=30313233-3435-3637-3839-3A3B3C3D3E3F, name="root-hash", attrs="GUID:60"
disk3 : start=       12288, size=       40000, type=C371E78C-25D8-4864-9826-415F1910C5FD, uuid=40414243-4445-4647-4849-4A4B4C4D4E4F, name="pod-data", attrs="GUID:60"
disk4 : start=       53248, size=         336, type=D70D1AE5-BEA2-4319-B985-68C16E1BBBB0, uuid=50515253-5455-5657-5859-5A5B5C5D5E5F, name="pod-hash", attrs="GUID:60"
disk5 : start=       55296, size=           8, type=8F578DB6-A21C-4EC7-B52D-166948C909D2, uuid=60616263-6465-6667-6869-6A6B6C6D6E6F, name="seal", attrs="GUID:60"
DUMP

quietly() {
	"$@" >out 2>complaints || return
	same /dev/null complaints
}

dump_is_expected() {
	quietly sfdisk -d disk && same expected out
}
check "sfdisk -d shows each partition as it was meant" dump_is_expected

verifies() {
	quietly sfdisk --verify disk && grep -qx 'No errors detected.' out
}
check "sfdisk --verify detects no errors" verifies

names_root_types() {
	quietly fdisk -l disk && grep -q 'disk1 .*Linux root (x86-64)' out && grep -q 'disk2 .*Linux root verity (x86-64)' out
}
check "fdisk -l lists it without a complaint and knows the root types" names_root_types

# sgdisk remarks, where it finds no problem, that partitions do not end on the boundary that they start on; ours end with their content.
sgdisk_is_content() {
	sgdisk -v disk >out 2>&1 || return
	grep -q '^No problems found' out || return
	! grep -Ei 'problem|warning|error|corrupt|invalid|caution' out |
		grep -Ev "^(No problems found|Caution: Partition [0-9]+ doesn't end on a 2048-sector boundary|result in problems with some disk encryption)"
}
if command -v sgdisk >/dev/null; then
	check "sgdisk -v finds no problems" sgdisk_is_content
else
	skip "sgdisk -v finds no problems" "sgdisk is not installed (package gdisk)"
fi

backup_alone() {
	cp disk damaged
	dd if=/dev/zero of=damaged bs=512 seek=1 count=33 conv=notrunc status=none
	sfdisk -d damaged 2>/dev/null | sed 's/damaged/disk/' >out
	same expected out
}
check "with the primary table gone, the backup says the same" backup_alone
done_testing
