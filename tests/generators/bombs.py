# SPDX-License-Identifier: Apache-2.0
"""bombs.py OUT: small layers that become large, at OUT/<kind>: many GiB of content, or millions of files."""
import gzip
import os
import struct
import sys
import tarfile

GIB = 1 << 30


def header(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def member(data):
    return gzip.compress(data, 9, mtime=0)


def write(path, *parts):
    with open(path, "wb") as f:
        for part in parts:
            f.write(part)


def gzip_of(path, byte, gib):
    """One file of `gib` GiB: as many gzip members, one behind the other, which are one gzip file (RFC 1952, section 2.2)."""
    write(path, member(header("bomb", gib * GIB)), *[member(byte * (GIB >> 8))] * 256 * gib, member(bytes(1024)))


def zstd_of(path, gib):
    """The same in zstd, by blocks that say one byte and how often (RFC 8878, section 3.1.1.2.2)."""
    def frame(data_blocks):
        return struct.pack("<IBB", 0xFD2FB528, 0x00, 0x38) + data_blocks  # a window of 128 KiB

    def block(kind, size, data, last):
        return struct.pack("<I", size << 3 | kind << 1 | last)[:3] + data

    zeros = block(1, 1 << 17, b"z", 0) * (GIB >> 17) * gib
    write(path, frame(block(0, 512, header("bomb", gib * GIB), 1)), frame(zeros + block(0, 1, b"z", 1)))


def files(path, count):
    """`count` empty files."""
    def headers(first, last):
        return b"".join(header("f%07d" % i, 0) for i in range(first, last))
    write(path, *(member(headers(i, min(i + 10000, count))) for i in range(0, count, 10000)), member(bytes(1024)))


def names(path, count):
    """`count` files whose names are as long as names may be: what they cost is memory."""
    def headers(first, last):
        out = b""
        for i in range(first, last):
            info = tarfile.TarInfo("/".join(["%0250d" % (i * 16 + k) for k in range(16)]))
            out += info.tobuf(tarfile.GNU_FORMAT)
        return out
    write(path, *(member(headers(i, min(i + 1000, count))) for i in range(0, count, 1000)), member(bytes(1024)))


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    gzip_of(os.path.join(out, "content.tar.gz"), b"x", 64)
    gzip_of(os.path.join(out, "zeros.tar.gz"), b"\0", 64)
    zstd_of(os.path.join(out, "content.tar.zst"), 64)
    files(os.path.join(out, "files.tar.gz"), 20000)
    names(os.path.join(out, "names.tar.gz"), 4000)


main()
