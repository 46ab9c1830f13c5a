#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Which libraries a program needs, the dynamic linker knows best; which modules, modprobe. For programs of this machine and for Debian's kernel, our
# initrd has the same, and bsdtar reads it as we list it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/guest.sh
. "$(dirname "$0")/../guest.sh"
need bsdtar ldd modprobe openssl gcc veritysetup
cd "$work" || exit

libraries() {
	"$podseal" initrd --init "$1" -o "$work/libraries.img" --list | awk '/^-/ { print $NF }' | grep -v '^init$' | sed 's:.*/::' | sort
}
linker_says() {
	ldd "$1" | awk '/=>/ { print $1 } /^\t\// { print $1 }' | sed 's:.*/::' | sort
}
for program in /usr/bin/openssl /usr/bin/gcc "$(command -v veritysetup)"; do
	path=$(readlink -f "$program")
	check "the libraries of $(basename "$program") are those that the linker finds" same <(libraries "$path") <(linker_says "$path")
done

guest_kernel
version=$(basename "$(readlink -f "$modules")")
"$podseal" initrd --init /usr/bin/openssl --modules "$modules" -o initrd.img --list >list
mkdir tree
check "bsdtar unpacks the initrd" bsdtar -xf initrd.img -C tree
check "and finds in it what we list" same <(bsdtar -tf initrd.img) <(awk '{ print $NF }' list)
# what modprobe would load, out of the initrd's own list and out of the kernel's; the initrd has them side by side
needs() {
	local base=$1 module
	for module in virtio_blk virtio_pci virtio_scsi virtio_net virtio_console vmw_vsock_virtio_transport dm_verity dm_crypt dm_integrity overlay; do
		modprobe -d "$base" -S "$version" -D "$module" | sed "s:^insmod ::; s: *\$::"
	done | sort -u
}
depmod -b tree "$version" 2>/dev/null # which misses lists that only the kernel's build has
names() {
	sed 's:.*/::' | sort
}
needs "$PWD/tree" >from-ours
needs "$(readlink -f "$root/build/guest-kernel")" >from-theirs
check "modprobe loads the same modules from it as from the kernel's own" same <(names <from-ours) <(names <from-theirs)
each_is_theirs() {
	local module
	while read -r module; do
		cmp "$PWD/tree/lib/modules/$version/$(basename "$module")" "$module" || return 1
	done <from-theirs
	[ -s from-theirs ]
}
check "and each is the kernel's own, byte for byte" each_is_theirs
done_testing
