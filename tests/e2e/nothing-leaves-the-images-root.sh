#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A layer may name files above the root, or below a symbolic link that points out of it. They end up where a running container
# would see them: inside. And nobody who reads the image is led outside by it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3 jq
generate escapes "$work/layers" || exit

# What the image of layer $1 holds but for the builder's own: "path:first bytes", or "path -> target", sorted.
holds() {
	"$podseal" build --base "rootfs:$work/layers/$1.tar" --encrypt none -o "$work/$1.img" >"$work/.said" 2>&1 || return
	"$podseal" ls -R --json "$work/$1.img" | jq -r 'select(.path | startswith("usr") | not) | select(.mode | startswith("d") | not) |
		.path + (if .target then " -> " + .target else "" end)' | sort
}

check_holds() {
	holds "$2" >"$work/found"
	cat >"$work/wanted"
	check "$1" same "$work/wanted" "$work/found"
}

check_holds "names that begin with / or climb above the root end in the root" names <<'END'
above
absolute
dots
slashes
END
check_holds "a symbolic link above a name is followed as in a container, and not out of the image" symbolic-links <<'END'
above -> ../../../../..
etc/in-etc
etc/in-twice
in-above
in-root
to-etc -> /etc
to-root -> /
twice -> above/etc
END
check_holds "a hard link through one is a link to the image's own file" hard-link-through-symbolic-links <<'END'
above -> ../../../..
etc/passwd
stolen
END
check "and has its content" test "$("$podseal" cat "$work/hard-link-through-symbolic-links.img" stolen)" = "the image's own"
check_holds "whiteouts of what is above the root hide nothing" whiteouts <<'END'
b
END
refuses_build "symbolic links that go in circles" 3 '/x/file: more than 255 symbolic links to follow' --base "rootfs:$work/layers/symbolic-link-loops.tar"
refuses_build "bytes in a name that would move the cursor are not printed as they are" 3 '/etc/hard: hard link to /etc/\\x1b\[2J\\x0anone' \
	--base "rootfs:$work/layers/control-bytes.tar"

extract_stays_inside() {
	mkdir "$work/place"
	(cd "$work/place" && "$podseal" extract "$work/symbolic-links.img" / -o here) || return
	[ "$(ls -A "$work/place")" = here ] && [ ! -e /etc/in-etc ] && [ ! -e /etc/in-twice ] && [ -f "$work/place/here/etc/in-etc" ]
}
check "extracting it writes nothing beside the folder" extract_stays_inside

holds deep >/dev/null
deep=$(printf 'd/%.0s' {1..2000})f
check "a file 2000 folders deep is read" test "$("$podseal" cat "$work/deep.img" "$deep")" = deep
check "and listed" test "$("$podseal" ls -R "$work/deep.img" | grep -c 'd$')" -ge 2000
check "and extracted as a tar" test "$("$podseal" extract "$work/deep.img" / | tar -tf - 2>/dev/null | grep -c '/f$')" -eq 1
check "and into a folder" "$podseal" extract "$work/deep.img" / -o "$work/deep"

holds sparse >/dev/null
check "a file of 8 TiB that is all hole takes no space" test "$(du -k "$work/sparse.img" | cut -f 1)" -lt 2048
check "and has its size" test "$("$podseal" ls --json "$work/sparse.img" var/huge | jq .size)" -eq $((8 << 40))
done_testing
