#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What an image's layers become is what everyone's tools make of them. Each rule of the OCI specification's changesets, and each way tar has of
# saying something, is a small stack of layers here; `umoci unpack` extracts it, podseal seals it and extracts it again, and the two are compared
# entry by entry.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/images.sh
. "$(dirname "$0")/../images.sh"
need umoci tar
[ "$(id -u)" -eq 0 ] || skip_all "umoci needs root to keep owners and make devices"
mknod "$work/null" c 1 3 2>/dev/null || skip_all "this machine lets nobody make device nodes"
setfattr_works() {
	python3 -c 'import os, sys; open(sys.argv[1], "w"); os.setxattr(sys.argv[1], "user.a", b"b"); os.setxattr(sys.argv[1], "trusted.a", b"b")' "$work/.xattr" 2>/dev/null
}
setfattr_works || skip_all "the folder of temporary files takes no user.* and trusted.* attributes"

# sparse files, by GNU tar in each of its formats
mkdir "$work/sparse"
truncate -s 9M "$work/sparse/file"
printf middle | dd of="$work/sparse/file" bs=1 seek=4000000 conv=notrunc status=none
truncate -s 5M "$work/sparse/all-hole"
for i in $(seq 0 40); do printf "%d" "$i" | dd of="$work/sparse/many" bs=1 seek=$((i * 131072)) conv=notrunc status=none; done
printf plain >"$work/sparse/plain"
touch -d @1600000001 "$work"/sparse/*
sparse_tar() {
	(cd "$work/sparse" && tar --sparse --sort=name --owner=3 --group=4 "$@" -cf - all-hole file many plain)
}
sparse_tar --format=gnu >"$work/sparse-gnu.tar"
for version in 0.0 0.1 1.0; do
	sparse_tar --format=posix --pax-option=delete=atime,delete=ctime --sparse-version=$version >"$work/sparse-$version.tar"
done

make_images <<'PYTHON'
capability = bytes.fromhex("0100000200040000000000000000000000000000")
FOLDERS = ["long" + ("/" + "d" * 90) * n for n in range(9)]
LONG = FOLDERS[-1] + "/" + "f" * 200
lower = [directory("d", mode=0o711, uid=1), file("d/a", b"a"), file("d/b", b"b"), directory("d/sub"), file("d/sub/c", b"c"), file("e", b"e"),
         symlink("s", "d"), hardlink("h", "d/a")]
BIG = bytes(range(256)) * 4000


def of(name):
    with open(name, "rb") as f:
        return f.read()


STACKS = {
    # whiteouts
    "whiteout-of-a-file": [layer(*lower), layer(whiteout("d/a"))],
    "whiteout-of-a-directory": [layer(*lower), layer(whiteout("d"))],
    "whiteout-of-a-symlink-not-its-target": [layer(*lower), layer(whiteout("s"))],
    "whiteout-of-one-hard-link": [layer(*lower), layer(whiteout("h"))],
    "whiteout-of-nothing": [layer(*lower), layer(whiteout("nothing"), whiteout("d/none"))],
    "whiteout-before-its-own-layer-makes-it-again": [layer(*lower), layer(whiteout("d/a"), file("d/a", b"new"))],
    "whiteout-after-its-own-layer-made-it": [layer(*lower), layer(file("d/a", b"new"), whiteout("d/a"))],
    "whiteout-and-directory-again": [layer(*lower), layer(whiteout("d"), directory("d", mode=0o750), file("d/new", b"n"))],
    "whiteout-then-upper-layer-again": [layer(*lower), layer(whiteout("d/a")), layer(file("d/a", b"third"))],
    "opaque-first": [layer(*lower), layer(directory("d", mode=0o700), opaque("d"), file("d/new", b"n"))],
    "opaque-last": [layer(*lower), layer(directory("d", mode=0o700), file("d/new", b"n"), opaque("d"))],
    "opaque-without-its-directory": [layer(*lower), layer(opaque("d"))],
    "opaque-below": [layer(*lower), layer(directory("d"), directory("d/sub"), opaque("d/sub"), file("d/sub/x", b"x"))],
    "opaque-root": [layer(*lower), layer(file(".wh..wh..opq"), file("only", b"o"))],
    # one kind over another
    "file-over-directory": [layer(*lower), layer(file("d", b"now a file"))],
    "directory-over-file": [layer(*lower), layer(directory("e"), file("e/in", b"i"))],
    "directory-over-directory-keeps-children": [layer(*lower), layer(directory("d", mode=0o500, uid=9, gid=8, mtime=5))],
    "symlink-over-file": [layer(*lower), layer(symlink("d/a", "b"))],
    "symlink-over-directory": [layer(*lower), layer(symlink("d", "elsewhere"))],
    "file-over-symlink": [layer(*lower), layer(file("s", b"now a file"))],
    "directory-over-symlink-to-directory": [layer(*lower), layer(directory("s", mode=0o700))],
    "device-over-file": [layer(*lower), layer(character("e", 1, 3))],
    "fifo-over-symlink": [layer(*lower), layer(fifo("s"))],
    "file-over-file-of-the-same-layer": [layer(file("x", b"1", mode=0o600), file("x", b"22", mode=0o644, uid=5))],
    "directory-twice-in-one-layer": [layer(directory("x", mode=0o700), file("x/y", b"1"), directory("x", mode=0o755, mtime=7))],
    # hard links
    "hard-link-of-three": [layer(file("a", b"a"), hardlink("b", "a"), hardlink("c", "b"))],
    "hard-link-to-a-lower-layer": [layer(*lower), layer(hardlink("new", "d/b"))],
    "hard-link-whose-target-is-replaced": [layer(*lower), layer(file("d/a", b"replaced"))],
    "hard-link-whose-target-is-removed": [layer(*lower), layer(whiteout("d/a"))],
    "hard-link-whose-target-is-replaced-later": [layer(file("a", b"1"), hardlink("b", "a"), file("a", b"2"))],
    "hard-link-over-file": [layer(*lower), layer(hardlink("e", "d/b"))],
    "hard-link-to-a-symlink": [layer(*lower, hardlink("t", "s"))],
    "hard-link-with-a-leading-slash": [layer(*lower, hardlink("abs", "/d/b"))],
    "hard-link-then-lower-again": [layer(*lower), layer(file("d/a", b"2"), hardlink("h2", "d/a")), layer(file("h2", b"3"))],
    # parents
    "parent-is-a-symlink": [layer(directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib")), layer(file("lib/x", b"x"))],
    "parent-is-an-absolute-symlink": [layer(directory("usr"), directory("usr/lib"), symlink("lib", "/usr/lib")), layer(file("lib/x", b"x"))],
    "parent-is-a-symlink-upwards": [layer(directory("a"), directory("b"), symlink("a/l", "../../../b")), layer(file("a/l/x", b"x"))],
    "usrmerge-in-an-upper-layer": [layer(directory("bin"), file("bin/sh", b"old"), directory("usr"), directory("usr/bin")),
                                   layer(whiteout("bin"), symlink("bin", "usr/bin"), file("usr/bin/sh", b"new")), layer(file("bin/more", b"m"))],
    "whiteout-through-a-symlink": [layer(directory("usr"), directory("usr/lib"), file("usr/lib/x", b"x"), symlink("lib", "usr/lib")), layer(whiteout("lib/x"))],
    "opaque-through-a-symlink": [layer(directory("usr"), directory("usr/lib"), file("usr/lib/x", b"x"), symlink("lib", "usr/lib")), layer(opaque("lib"))],
    "parent-missing": [layer(file("not/there/x", b"x"))],
    "parent-after-its-child": [layer(file("p/x", b"x"), directory("p", mode=0o700, mtime=3))],
    "hard-link-through-a-symlink": [layer(directory("usr"), file("usr/x", b"x"), symlink("u", "usr")), layer(hardlink("y", "u/x"))],
    # names
    "name-with-dots-and-slashes": [layer(directory("./a"), file(".//a//b", b"b"), file("a/./c", b"c"), file("/a/abs", b"d"), file("a/../e", b"e"))],
    "name-upwards-stays-inside": [layer(file("../../escape", b"x"))],
    "name-not-utf-8": [layer(file(b"\xff\xfe\x80", b"x"), directory(b"d\xe9"), file(b"d\xe9/\xc0", b"y"), symlink(b"l\xff", b"\xff\xfe\x80"))],
    "name-nfc-and-nfd": [layer(file("caf\u00e9", b"nfc"), file("cafe\u0301", b"nfd"))],
    "name-with-odd-bytes": [layer(file("new\nline", b"1"), file("tab\t", b"2"), file("back\\slash", b"3"), file("'quote\"", b"4"), file(" ", b"5"))],
    "name-long-pax": [layer(*map(directory, FOLDERS), file(LONG, b"l"), symlink("sl", "t" * 300), hardlink("hl", LONG))],
    "name-long-gnu": [layer(*(directory(f, style="gnu") for f in FOLDERS), file(LONG, b"l", style="gnu"), symlink("sl", "t" * 300, style="gnu"),
                             hardlink("hl", LONG, style="gnu"))],
    "name-long-ustar": [layer(directory("m" * 60), directory("m" * 60 + "/" + "n" * 60), file("m" * 60 + "/" + "n" * 60 + "/" + "o" * 50, b"m", style="ustar"))],
    "name-of-255": [layer(file("n" * 255, b"n"), file("\u00e9" * 127, b"e"))],
    # metadata
    "mode-setuid-setgid-sticky": [layer(file("su", mode=0o4755), file("sg", mode=0o2711), directory("t", mode=0o1777), directory("sgd", mode=0o2775, gid=7),
                                        file("sgd/x"), file("none", mode=0))],
    "owner-large": [layer(file("a", uid=2000000, gid=3000000), file("b", uid=65535, gid=65534), symlink("c", "a", uid=9, gid=8))],
    "time-nanoseconds": [layer(file("a", b"a", nanoseconds=123456789), directory("d", nanoseconds=999999999), symlink("l", "a", nanoseconds=1))],
    "time-before-1970": [layer(file("a", b"a", mtime=0), file("b", b"b", mtime=2**31 + 5))],
    "devices": [layer(character("null", 1, 3, mode=0o666), block("sda", 8, 0, mode=0o660, gid=6), character("big", 300, 100000), fifo("pipe", mode=0o600))],
    "xattrs": [layer(file("cap", b"c", mode=0o755, xattrs={"security.capability": capability}), file("user", b"u", xattrs={"user.text": "value", "user.bin": b"\0\xff="}),
                     directory("dir", xattrs={"user.dir": "d"}), file("trusted", xattrs={"trusted.t": "t"}))],
    "xattrs-go-with-a-replaced-file": [layer(file("a", b"a", xattrs={"user.old": "1"})), layer(file("a", b"b", xattrs={"user.new": "2"}))],
    "xattrs-of-a-directory-again": [layer(directory("a", xattrs={"user.old": "1"}), file("a/x")), layer(directory("a", xattrs={"user.new": "2"}))],
    "sizes": [layer(*(file(f"s{n}", BIG[:n]) for n in (0, 1, 511, 512, 513, 4095, 4096, 4097, 65536, 1000000)))],
    "empty-layer": [layer(*lower), layer(), layer(file("x", b"x"))],
    "sparse-gnu": [of("sparse-gnu.tar")], "sparse-0.0": [of("sparse-0.0.tar")], "sparse-0.1": [of("sparse-0.1.tar")], "sparse-1.0": [of("sparse-1.0.tar")],
    "twenty-layers": [layer(file("same", bytes([n])), file(f"own{n}", bytes([n])), *([whiteout(f"own{n - 3}")] if n > 3 else [])) for n in range(20)],
}
layout = Layout("images")
for name, layers in STACKS.items():
    layout.tag(name, layout.image(*layers, config={"Cmd": ["/x"]}))
save("base", small_base())
PYTHON

# Each is a container of one pod, where nothing is added to its tree. The image is unsealed: what is inside is the same.
cd "$work" || exit
stacks=$(jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' images/index.json)
containers=()
for stack in $stacks; do
	containers+=(--container "${stack//./-}=oci:images:$stack")
done
check "all are sealed" "$podseal" build --base oci:base "${containers[@]}" --encrypt none --progress none -o pod.img
check "e2fsck finds nothing to say" eval 'fs_of pod.img root fs && e2fsck -fn fs'
check "podseal extracts them into a directory" "$podseal" extract pod.img /usr/lib/podseal/containers -o ours
check "  and as a tar" eval '"$podseal" extract pod.img /usr/lib/podseal/containers >ours.tar'
check "  which have the same in them" python3 -B "$root/tests/compare_trees.py" ours ours.tar
# 80 MB of files with less than one MB in them
smaller() {
	[ "$2" -lt 12000000 ] || { echo "$1: $2 bytes"; return 1; }
}
check "sparse files stay sparse: in the image" smaller fs "$(stat -c %s fs)"
check "  in the tar" smaller ours.tar "$(stat -c %s ours.tar)"
for file in file all-hole many; do
	check "  where GNU tar finds the whole of $file" eval 'tar -xOf ours.tar sparse-1-0/rootfs/$file | cmp - sparse/$file'
done
check "  in the directory" smaller ours "$(du -sB1 ours | cut -f 1)"

same_as_umoci() { # STACK PEER OPTION...
	umoci unpack --image "images:$2" bundle >umoci.log 2>&1 || { cat umoci.log; return 1; }
	python3 -B "$root/tests/compare_trees.py" "${@:3}" bundle/rootfs "ours/${1//./-}/rootfs"
}
for stack in $stacks; do
	peer=$stack not_equal=()
	case $stack in
	# umoci dates a directory that no layer has at the time of unpacking; podseal by what needs it, so that two builds are equal
	parent-missing | parent-after-its-child) not_equal=(--any-time . --any-time not --any-time not/there) ;;
	# it does not know GNU's own sparse format, which GNU tar writes by default: the same files, from pax
	sparse-gnu) peer=sparse-0.0 ;;
	esac
	check "${stack//-/ }" same_as_umoci "$stack" "$peer" "${not_equal[@]}"
	rm -rf bundle
done
done_testing
