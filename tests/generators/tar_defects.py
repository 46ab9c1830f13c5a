# SPDX-License-Identifier: Apache-2.0
"""tar_defects.py OUT: tar archives, each with one defect, at OUT/<defect>.tar.

Headers are made here byte by byte (POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format"), since no tar
library writes what these hold."""
import os
import sys

DEFECTS = {}
END = bytes(1024)


def header(name, size=0, kind=b"0", link="", mode=0o644, uid=b"0000000", magic=b"ustar\00000", size_field=None, device=(0, 0), prefix=b"", checksum=None):
    """One block. `size_field`: in place of the size, its 12 bytes."""
    fields = (name.encode()[:100].ljust(100, b"\0") + b"%07o\0" % mode + uid.ljust(8, b"\0") + b"0000000\0" +
              (size_field if size_field is not None else b"%011o\0" % size) + b"00000000000\0" + 8 * b" " + kind +
              link.encode()[:100].ljust(100, b"\0") + magic + bytes(64) + b"%07o\0%07o\0" % device + prefix).ljust(512, b"\0")
    total = sum(fields) if checksum is None else checksum
    return fields[:148] + b"%06o\0 " % total + fields[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def file(name, data=b"content\n", **fields):
    return header(name, len(data), **fields) + padded(data)


def directory(name):
    return header(name, kind=b"5", mode=0o755)


def record(key, value, length=None):
    """A pax record, "<length> <key>=<value>\\n"; its length right unless given."""
    body = b" " + key.encode() + b"=" + (value if isinstance(value, bytes) else value.encode()) + b"\n"
    if length is None:
        length = len(body) + 1
        while length != len(b"%d" % length) + len(body):
            length = len(b"%d" % length) + len(body)
    return b"%d" % length + body


def pax(*records, kind=b"x"):
    return file("PaxHeaders/x", b"".join(records), kind=kind)


def gnu_long(kind, data):
    return header("././@LongLink", len(data), kind=kind, magic=b"ustar  \0") + padded(data)


def add(name, *parts, end=END):
    DEFECTS[name] = b"".join(parts) + end


def base256(value):
    return (value & ((1 << 96) - 1)).to_bytes(12, "big") if value < 0 else (1 << 95 | value).to_bytes(12, "big")


# --- archives that end too early, or are none
add("header-cut", file("etc/a"), header("etc/b", 5)[:300], end=b"")
add("content-cut", header("etc/a", 5000) + bytes(1000), end=b"")
add("gib-claimed-and-not-there", header("etc/a", 2 << 30), end=b"")
add("gib-claimed-before-the-end", header("etc/a", 2 << 30))
add("checksum-wrong", header("etc/a", 0, checksum=1))
add("magic-of-nobody", file("etc/a"), b"\xaa" * 512)
add("one-zero-block-then-more", file("etc/a"), bytes(512), file("etc/b"))

# --- sizes
add("size-octal-largest", header("etc/a", size_field=b"777777777777"))
add("size-base256-2-63", header("etc/a", size_field=base256(1 << 63)))
add("size-base256-2-64", header("etc/a", size_field=base256((1 << 64) + 5)), padded(b"12345"))
add("size-base256-negative", header("etc/a", size_field=base256(-512)))
add("size-pax-2-63", pax(record("size", str(1 << 63))), file("etc/a"))
add("size-pax-2-64-and-8", pax(record("size", str((1 << 64) + 8))), file("etc/a"))
add("size-pax-negative", pax(record("size", "-8")), file("etc/a"))
add("size-pax-text", pax(record("size", "eight")), file("etc/a"))
add("size-pax-larger-than-the-data", pax(record("size", "5000")), file("etc/a"))
add("size-pax-smaller-than-the-data", pax(record("size", "8")), file("etc/a", b"x" * 3000))
add("size-of-a-pax-header", header("x", 1 << 33, kind=b"x"), bytes(512))
add("size-of-a-long-name", header("././@LongLink", 1 << 33, kind=b"L", magic=b"ustar  \0"), bytes(512))

# --- pax records that lie
add("pax-length-too-long", pax(record("path", "etc/long", length=400)), file("etc/a"))
add("pax-length-too-short", pax(record("path", "etc/long", length=8)), file("etc/a"))
add("pax-length-zero", pax(record("path", "etc/long", length=0)), file("etc/a"))
add("pax-length-huge", pax(record("path", "etc/long", length=10 ** 30)), file("etc/a"))
add("pax-length-negative", pax(record("path", "etc/long", length=-5)), file("etc/a"))
add("pax-without-an-equals-sign", pax(b"10 abcdef\n"), file("etc/a"))
add("pax-without-a-newline", pax(b"12 path=etc/b"), file("etc/a"))
add("pax-before-the-end", pax(record("path", "etc/b")))
add("pax-twice", pax(record("path", "etc/b")), pax(record("path", "etc/c")), file("etc/a"))

# --- names and paths
add("name-of-64-kib-pax", pax(record("path", "n" * 65536)), file("a"))
add("name-of-64-kib-gnu", gnu_long(b"L", b"n" * 65536 + b"\0"), file("a"))
add("link-to-64-kib", pax(record("linkpath", "n" * 65536)), header("a", kind=b"2", link="x"))
add("name-of-256-bytes", pax(record("path", "etc/" + "n" * 256)), file("a"))
add("name-empty", file(""))
add("name-is-the-root", file("/"))
add("name-is-dots", file("a/../.."))
add("path-5000-deep", pax(record("path", "d/" * 5000 + "f")), file("a"))

# --- links and types
add("hard-link-to-nothing", file("etc/a"), header("etc/b", kind=b"1", link="etc/none"))
add("hard-link-to-itself", header("etc/b", kind=b"1", link="etc/b"))
add("hard-link-to-a-directory", directory("etc"), header("b", kind=b"1", link="etc"))
add("hard-link-without-a-target", header("etc/b", kind=b"1"))
add("hard-links-in-a-circle", header("a", kind=b"1", link="b"), header("b", kind=b"1", link="a"))
add("hard-link-outside", header("etc/b", kind=b"1", link="../../../../../../etc/passwd"))
add("symbolic-link-without-a-target", header("etc/b", kind=b"2"))
add("type-unknown", file("etc/a", kind=b"Z"))
add("type-of-a-multivolume-archive", file("etc/a", kind=b"M"))
add("device-number-too-large", header("dev/x", kind=b"3", device=(0o77777, 1)))
add("owner-too-large", pax(record("uid", str(1 << 32))), file("etc/a"))
add("owner-negative", pax(record("uid", "-1")), file("etc/a"))
add("xattr-of-128-kib", pax(record("SCHILY.xattr.user.x", b"v" * (128 << 10))), file("etc/a"))
add("xattrs-2000", pax(*(record("SCHILY.xattr.user.%d" % i, b"v") for i in range(2000))), file("etc/a"))


# --- sparse files whose map lies
def sparse_1_0(name, real_size, extents, data):
    text = b"%d\n" % len(extents) + b"".join(b"%d\n%d\n" % extent for extent in extents)
    body = padded(text) + data
    return (pax(record("GNU.sparse.major", "1"), record("GNU.sparse.minor", "0"), record("GNU.sparse.name", name), record("GNU.sparse.realsize", str(real_size))) +
            header("GNUSparseFile.0/x", len(body)) + padded(body))


def sparse_gnu(name, real_size, extents, data):
    block = bytearray(header(name, len(data), kind=b"S", magic=b"ustar  \0"))
    for i, (offset, size) in enumerate(extents):
        block[386 + 24 * i:410 + 24 * i] = b"%011o\0%011o\0" % (offset, size)
    block[483:495] = b"%011o\0" % real_size
    block[148:156] = 8 * b" "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + padded(data)


DATA = bytes(range(256)) * 16
add("sparse-map-past-the-size", sparse_1_0("etc/s", 8192, [(1 << 20, 4096)], DATA))
add("sparse-map-of-more-than-is-there", sparse_1_0("etc/s", 1 << 20, [(0, 65536)], DATA))
add("sparse-map-of-less-than-is-there", sparse_1_0("etc/s", 1 << 20, [(0, 512)], DATA))
add("sparse-map-overlapping", sparse_1_0("etc/s", 1 << 20, [(8192, 2048), (8192, 2048)], DATA))
add("sparse-map-backwards", sparse_1_0("etc/s", 1 << 20, [(65536, 2048), (0, 2048)], DATA))
add("sparse-map-negative", sparse_1_0("etc/s", 1 << 20, [(-4096, 4096)], DATA))
add("sparse-map-of-a-billion", pax(record("GNU.sparse.major", "1"), record("GNU.sparse.minor", "0"), record("GNU.sparse.name", "etc/s"),
                                   record("GNU.sparse.realsize", "1048576")), file("x", b"1000000000\n0\n"))
add("sparse-size-of-16-tib", sparse_1_0("etc/s", 1 << 44, [(0, 4096)], DATA))
add("sparse-gnu-overlapping", sparse_gnu("etc/s", 1 << 20, [(0, 2048), (1024, 2048)], DATA))
add("sparse-gnu-past-the-size", sparse_gnu("etc/s", 4096, [(1 << 20, 4096)], DATA))


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, data in DEFECTS.items():
        with open(os.path.join(sys.argv[1], name + ".tar"), "wb") as f:
            f.write(data)


main()
