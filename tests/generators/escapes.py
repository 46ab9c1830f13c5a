# SPDX-License-Identifier: Apache-2.0
"""escapes.py OUT: layers whose members try to leave the image's root, at OUT/<way out>.tar, and what is fine although it looks bad."""
import io
import os
import sys
import tarfile

FILES = {}


def archive(name, *members):
    """Members are (name, content), (name, None, link target) or (name,) for a directory."""
    out = io.BytesIO()
    with tarfile.open(mode="w", fileobj=out, format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            info = tarfile.TarInfo(member[0])
            if len(member) == 1:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif len(member) == 3:
                info.type, info.linkname = member[2], member[1]
            else:
                info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]) if len(member) == 2 else None)
    FILES[name] = out.getvalue()


SYMBOLIC, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE
archive("names", ("/absolute", b"1\n"), ("../../../../above", b"2\n"), ("a/../../../b/../dots", b"3\n"), ("./././/slashes", b"4\n"), ("a/b/../..", ))
archive("symbolic-links", ("to-root", "/", SYMBOLIC), ("to-root/in-root", b"1\n"), ("to-etc", "/etc", SYMBOLIC), ("to-etc/in-etc", b"2\n"),
        ("above", "../../../../..", SYMBOLIC), ("above/in-above", b"3\n"), ("twice", "above/etc", SYMBOLIC), ("twice/in-twice", b"4\n"))
archive("symbolic-link-loops", ("x", "y", SYMBOLIC), ("y", "x", SYMBOLIC), ("x/file", b"1\n"), ("self", "self", SYMBOLIC), ("self/file", b"2\n"))
archive("hard-link-through-symbolic-links", ("etc", ), ("etc/passwd", b"the image's own\n"), ("above", "../../../..", SYMBOLIC), ("stolen", "above/etc/passwd", HARD))
archive("whiteouts", ("../../.wh.etc", b""), ("/.wh.passwd", b""), ("a/.wh..wh..opq", b""), ("b", b"1\n"))
archive("deep", ("d/" * 2000 + "f", b"deep\n"))
archive("control-bytes", ("etc/\x1b[2J\nfile", b"1\n"), ("etc/hard", "etc/\x1b[2J\nnone", HARD))


def sparse(name, size):
    """A sparse file (pax 1.0) of `size` bytes with 4096 of them stored, at the end."""
    data = b"%d\n" % 1 + b"%d\n4096\n" % (size - 4096)
    data += bytes(-len(data) % 512) + b"end." * 1024
    info = tarfile.TarInfo("GNUSparseFile.0/" + name)
    info.size = len(data)
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name, "GNU.sparse.realsize": str(size)}
    out = io.BytesIO()
    with tarfile.open(mode="w", fileobj=out, format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(data))
    FILES["sparse"] = out.getvalue()


sparse("var/huge", 8 << 40)


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, data in FILES.items():
        with open(os.path.join(sys.argv[1], name + ".tar"), "wb") as f:
            f.write(data)


main()
