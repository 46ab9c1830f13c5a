#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A layer comes from somebody else. Each archive here lies in one way; podseal says which file of which image is at fault, and makes nothing.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need python3
generate tar_defects "$work/tars" || exit

# the defect, and what podseal says of it
table=$(
	cat <<'END'
header-cut                          Truncated tar archive
content-cut                         Truncated tar archive
gib-claimed-and-not-there           Truncated tar archive
gib-claimed-before-the-end          Truncated tar archive
checksum-wrong                      damaged tar archive
magic-of-nobody                     damaged tar archive
one-zero-block-then-more            one block of zeros, and data after it
size-octal-largest                  Truncated tar archive
size-base256-2-63                   size overflow
size-base256-2-64                   size overflow
size-base256-negative               negative size
size-pax-2-63                       size attribute overflow
size-pax-2-64-and-8                 size attribute overflow
size-pax-negative                   size attribute is negative
size-pax-text                       damaged tar archive
size-pax-larger-than-the-data       Truncated tar archive
size-pax-smaller-than-the-data      damaged tar archive
size-of-a-pax-header                damaged tar archive
size-of-a-long-name                 damaged tar archive
pax-length-too-long                 malformed pax
pax-length-too-short                malformed pax
pax-length-zero                     malformed pax
pax-length-huge                     pax extended attribute > 1MB
pax-length-negative                 malformed pax
pax-without-an-equals-sign          Invalid pax
pax-without-a-newline               malformed pax
pax-before-the-end                  damaged tar archive
pax-twice                           malformed pax
name-of-64-kib-pax                  name of a member of 65536 bytes, at most 4096
name-of-64-kib-gnu                  name of a member of 65536 bytes, at most 4096
name-of-256-bytes                   etc/n+.*: a name of 256 bytes, at most 255
name-empty                          name of a member is empty
name-is-the-root                    damaged tar archive
name-is-dots                        a/\.\./\.\.: the root is to be something else than a directory
link-to-64-kib                      a: target of a symbolic link of 65536 bytes, at most 4096
path-5000-deep                      name of a member of 10001 bytes, at most 4096
hard-link-to-nothing                /etc/b: hard link to /etc/none, which does not exist
hard-link-to-itself                 /etc/b: hard link to /etc/b, which does not exist
hard-link-to-a-directory            /b: hard link to /etc, which is a directory
hard-link-without-a-target          etc/b: target of a hard link is empty
hard-links-in-a-circle              /a: hard link to /b, which does not exist
hard-link-outside                   /etc/b: hard link to /etc/passwd, which does not exist
symbolic-link-without-a-target      etc/b: target of a symbolic link is empty
type-unknown                        etc/a: unknown type of member 'Z'
type-of-a-multivolume-archive       etc/a: unknown type of member 'M'
device-number-too-large             dev/x: device number 32767:1 is past
owner-too-large                     etc/a: uid 4294967296 is not in
owner-negative                      etc/a: uid -1 is not in
xattr-of-128-kib                    etc/a: extended attributes of more than 4096 bytes
xattrs-2000                         etc/a: 2000 extended attributes, at most 1024
sparse-map-past-the-size            not inside its size, or out of order
sparse-map-of-more-than-is-there    65536 bytes.*4096 are there
sparse-map-of-less-than-is-there    damaged tar archive
sparse-map-overlapping              not inside its size, or out of order
sparse-map-backwards                not inside its size, or out of order
sparse-map-negative                 damaged tar archive
sparse-map-of-a-billion             damaged tar archive
sparse-size-of-16-tib               etc/s: a file of 17592186044416 bytes, at most
sparse-gnu-overlapping              not inside its size, or out of order
sparse-gnu-past-the-size            not inside its size, or out of order
END
)

while read -r defect why; do
	refuses_build "$defect" 3 "^podseal: building [^ ]*pod\.img: volume root: rootfs:[^ ]*/$defect\.tar: .*$why" \
		--base "rootfs:$work/tars/$defect.tar"
done <<<"$table"

check "every defect that there is was tried" test "$(wc -l <<<"$table")" -eq "$(find "$work/tars" -name '*.tar' | wc -l)"

# the same reader stands behind every kind of source
small_image "$work/base"
small_image "$work/bad" "$work/tars/hard-link-to-nothing.tar"
refuses_build "a container's image is named" 3 'oci:[^ ]*/bad: .*/etc/b: hard link to /etc/none' \
	--base "oci:$work/base" --container "web=oci:$work/bad"
tar -C "$work/bad" -cf "$work/bad.tar" .
refuses_build "an archive of a layout is no different" 3 'oci-archive:[^ ]*/bad\.tar: .*/etc/b: hard link to /etc/none' \
	--base "oci-archive:$work/bad.tar"
head -c 3000 "$work/bad.tar" >"$work/cut.tar"
refuses_build "an archive of a layout that is cut" 3 'podseal: opening the images: base: oci-archive:[^ ]*/cut\.tar: ' \
	--base "oci-archive:$work/cut.tar"
refuses_build "an archive that docker did not save" 3 'podseal: opening the images: base: docker-archive:[^ ]*/bad\.tar: .*manifest\.json' \
	--base "docker-archive:$work/bad.tar"
done_testing
