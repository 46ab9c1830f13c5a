#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tree_digest.py TAR: the tree digest of the files in a tar, by docs/format.md ("Tree digest") alone."""
import hashlib
import struct
import sys
import tarfile

BLOCK = 4096
TYPES = {tarfile.REGTYPE: 0o100000, tarfile.DIRTYPE: 0o040000, tarfile.SYMTYPE: 0o120000, tarfile.CHRTYPE: 0o020000,
         tarfile.BLKTYPE: 0o060000, tarfile.FIFOTYPE: 0o010000}
XATTR = "SCHILY.xattr."


def crc64_table():
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0xC96C5795D7870F42 if n & 1 else 0)  # 0x42f0e1eba9ea3693, reflected
        yield n


CRC64 = list(crc64_table())


def checksum(blocks):
    crc = 2**64 - 1
    for byte in blocks:
        crc = CRC64[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 2**64 - 1


def raw(text):
    return text.encode("utf-8", "surrogateescape")


def content(tar, m):
    """The allocated blocks of a file, in order, padded to whole ones."""
    data = tar.extractfile(m).read()
    data += bytes(-len(data) % BLOCK)
    allocated = sorted({b for at, size in m.sparse or [(0, m.size)] if size for b in range(at // BLOCK, (at + size - 1) // BLOCK + 1)})
    return b"".join(data[b * BLOCK:(b + 1) * BLOCK] for b in allocated)


def mtime(m):
    seconds, _, fraction = m.pax_headers.get("mtime", str(int(m.mtime))).partition(".")
    return struct.pack("<qI", int(seconds), int(fraction[:9].ljust(9, "0")))


def by_type(tar, m):
    if m.type in tarfile.REGULAR_TYPES:
        return struct.pack("<QQ", m.size, checksum(content(tar, m)))
    if m.issym():
        return raw(m.linkname) + b"\0"
    return struct.pack("<II", m.devmajor, m.devminor) if m.ischr() or m.isblk() else b""


def xattrs(m):
    found = sorted((raw(k[len(XATTR):]), raw(v)) for k, v in m.pax_headers.items() if k.startswith(XATTR))
    return struct.pack("<I", len(found)) + b"".join(k + b"\0" + struct.pack("<I", len(v)) + v for k, v in found)


def tree_digest(path):
    digest, first = hashlib.sha256(), {}
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as tar:
        names = {tuple(raw(m.name).split(b"/")) if m.name != "." else (): m for m in tar}
        for position, (name, m) in enumerate(sorted(names.items())):
            while m.islnk():
                m = names[tuple(raw(m.linkname).split(b"/"))]
            kind = TYPES[tarfile.REGTYPE if m.type in tarfile.REGULAR_TYPES else m.type]
            digest.update(b"/".join(name) + b"\0" + struct.pack("<Q", first.setdefault(m.name, position)))
            digest.update(struct.pack("<III", kind | m.mode, m.uid, m.gid) + mtime(m) + by_type(tar, m) + xattrs(m))
    return "sha256:" + digest.hexdigest()


print(tree_digest(sys.argv[1]))
