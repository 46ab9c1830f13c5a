#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# However an image reaches the release engineer (as skopeo or docker wrote it, compressed this way or that, alone or among platforms, or already unpacked),
# the same files are sealed: the record's tree digest says so.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need skopeo tar
export SOURCE_DATE_EPOCH=1600000000 # a rootfs has no creation time of its own
cd "$work" || exit

make_images <<'PYTHON'
import struct

LOWER = small_base()
UPPER = layer(directory("etc"), whiteout("etc/text"), file("etc/new", b"new\n", uid=3), hardlink("etc/new2", "etc/new"))
OTHER = layer(file("other", b"of another platform\n"))


def members(data):
    """gzip in members of 700 bytes, as pigz and eStargz write it."""
    return b"".join(gz(data[at:at + 700]) for at in range(0, len(data), 700))


def estargz(data):
    """eStargz: members, and an empty one whose extra field is the footer (its TOC's offset)."""
    extra = b"SG" + struct.pack("<H", 22) + b"%016xSTARGZ" % 4711
    return members(data) + b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + struct.pack("<H", len(extra)) + extra + b"\x01\0\0\xff\xff" + bytes(8)


def chunked(data):
    """zstd:chunked: frames, then its manifest and footer in skippable ones."""
    skippable = struct.pack("<II", 0x184D2A50, 40) + bytes(40)
    return b"".join(zst(data[at:at + 2000]) for at in range(0, len(data), 2000)) + skippable + skippable


COMPRESSORS["zstd"] = zst
forms = Layout("forms")
for name, pack in {"gzip": "gzip", "zstd": "zstd", "tar": "", "members": members, "zeros": lambda data: gz(data) + bytes(1000), "estargz": estargz}.items():
    forms.tag(name, forms.image(LOWER, UPPER, compress=pack))
COMPRESSORS["zstd"] = chunked
forms.tag("chunked", forms.image(LOWER, UPPER, compress="zstd"))
forms.tag("docker", forms.image(LOWER, UPPER, docker=True))
forms.tag("long-end", forms.image(LOWER + bytes(10240), UPPER + bytes(20480)))

other = "arm64" if ARCH == "amd64" else "amd64"
save("one", LOWER, UPPER, config={"Cmd": ["/sbin/init"]})
both = Layout("both")
both.tag("index", both.index(both.image(OTHER, arch=other), both.image(LOWER, UPPER)))
both.tag("nested", both.index(both.index(both.image(OTHER, arch=other), both.image(LOWER, UPPER))))
both.tag("nested-by-platform", both.index(*(both.index(i) | {"platform": i["platform"]} for i in (both.image(OTHER, arch=other), both.image(LOWER, UPPER)))))
flat = Layout("flat")
for descriptor in flat.image(OTHER, arch=other), flat.image(LOWER, UPPER):
    flat.tag("latest", descriptor)
PYTHON
arch=$(jq -r '.manifests[1].platform.architecture' flat/index.json)
other=$(jq -r '.manifests[0].platform.architecture' flat/index.json)

tree_of() {
	rm -f out.img*
	"$podseal" build --base "$@" --encrypt none --progress none -o out.img >/dev/null && jq -r '.volumes[0].tree_digest' out.img.record.json
}
want=$(tree_of oci:one)
check "the plain image seals" test "${#want}" = 71
seals() {
	says "$1" "$want" tree_of "${@:2}"
}

for form in $(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' forms/index.json); do
	seals "a layer as $form" "oci:forms:$form"
done

seals "an index of two platforms: this machine's" oci:both:index
seals "the same, asked for" oci:both:index --arch "$arch"
seals "a nested index" oci:both:nested
seals "indexes in an index, one for each platform" oci:both:nested-by-platform
seals "two platforms under one tag" oci:flat
check "--arch takes the other one" test "$(tree_of oci:both:nested --arch "$other")" = "$(tree_of oci:both:index --arch "$other")"
check "  which is another" test "$(tree_of oci:both:index --arch "$other")" != "$want"
check "  and the descriptor says its architecture" test "$(jq -r .arch out.img.seal.json | sed 's/x86_64/amd64/; s/aarch64/arm64/')" = "$other"
refuses "a platform that is not there is an error that names those that are" 3 'podseal: .*both.*amd64' tree_of oci:both:index --arch riscv64

# skopeo DEST OPTION...: copies oci:one there
skopeo_copy() {
	skopeo --override-arch "$arch" copy -q "${@:2}" oci:one "$1"
}
check "skopeo copies to oci:" skopeo_copy oci:skopeo:1.0
seals "  and that seals" oci:skopeo:1.0
check "skopeo copies to oci: with zstd" skopeo_copy oci:skopeo-zstd --dest-compress-format zstd
seals "  and that seals" oci:skopeo-zstd
check "skopeo copies to oci-archive:" skopeo_copy oci-archive:one.tar:name
seals "  and that seals" oci-archive:one.tar
seals "  also by its name" oci-archive:one.tar:name
check "skopeo copies to docker-archive:" skopeo_copy docker-archive:docker.tar:example.com/app:1.0
seals "  and that seals" docker-archive:docker.tar
seals "  also by its name" docker-archive:docker.tar:example.com/app:1.0
check "skopeo makes a Docker image, schema 2, of it" skopeo_copy dir:v2s2 --format v2s2
check "  and copies that to oci:" skopeo copy -q --format v2s2 dir:v2s2 oci:v2s2
seals "  and that seals" oci:v2s2
check "skopeo copies zstd into a directory" skopeo_copy dir:zstd --dest-compress --dest-compress-format zstd
check "  and that to oci:" skopeo copy -q dir:zstd oci:from-zstd
seals "  and that seals" oci:from-zstd
check "skopeo copies a whole index" skopeo copy -q --all oci:both:index oci:all:all
seals "  and that seals" oci:all:all

# Without an image: the files alone. They were unpacked by podseal, out of a container's bundle, which adds nothing to them.
"$podseal" build --base oci:one --container c=oci:one --encrypt none --progress none -o one.img >/dev/null
"$podseal" extract one.img /usr/lib/podseal/containers/c/rootfs >rootfs.tar
gzip -k rootfs.tar
zstd -q rootfs.tar
seals "rootfs: a tar" rootfs:rootfs.tar
seals "rootfs: a tar with gzip" rootfs:rootfs.tar.gz
seals "rootfs: a tar with zstd" rootfs:rootfs.tar.zst
if [ "$(id -u)" -eq 0 ]; then
	mkdir rootfs
	tar -xf rootfs.tar -C rootfs --numeric-owner --same-owner --same-permissions
	seals "rootfs: a directory" rootfs:rootfs
else
	skip "rootfs: a directory" "not root, who alone can keep the owners"
fi
done_testing
