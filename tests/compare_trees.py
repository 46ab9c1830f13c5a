# SPDX-License-Identifier: Apache-2.0
"""compare_trees.py [--any-time PATH]... A B: prints how two trees differ, entry by entry; exits 1 if they do. The times of --any-time's paths may.

Each is a directory or a tar. Compared: names, type, mode, owner, size, content, extended attributes, link target, which names are one file, time (to the
nanosecond), device numbers."""
import argparse
import hashlib
import io
import os
import stat
import sys
import tarfile

KINDS = {tarfile.DIRTYPE: stat.S_IFDIR, tarfile.SYMTYPE: stat.S_IFLNK, tarfile.CHRTYPE: stat.S_IFCHR, tarfile.BLKTYPE: stat.S_IFBLK,
         tarfile.FIFOTYPE: stat.S_IFIFO}
XATTR = "SCHILY.xattr."


def digest(file):
    h = hashlib.sha256()
    while chunk := file.read(1 << 20):
        h.update(chunk)
    return h.hexdigest()


def from_directory(top):
    top = os.fsencode(top)
    names = {}

    def visit(path, name):
        s = os.lstat(path)
        kind = stat.S_IFMT(s.st_mode)
        entry = {"type": kind, "uid": s.st_uid, "gid": s.st_gid, "mtime": s.st_mtime_ns,
                 "xattrs": {os.fsencode(x): os.getxattr(path, x, follow_symlinks=False) for x in os.listxattr(path, follow_symlinks=False)}}
        if kind != stat.S_IFLNK:
            entry["mode"] = stat.S_IMODE(s.st_mode)
        if kind == stat.S_IFREG:
            with open(path, "rb") as f:
                entry["content"], entry["size"] = digest(f), s.st_size
        elif kind == stat.S_IFLNK:
            entry["target"] = os.readlink(path)
        elif kind in (stat.S_IFCHR, stat.S_IFBLK):
            entry["device"] = (os.major(s.st_rdev), os.minor(s.st_rdev))
        names[name] = entry, s.st_ino
        if kind == stat.S_IFDIR:
            for child in os.listdir(path):
                visit(path + b"/" + child, (name + b"/" if name != b"." else b"") + child)

    visit(top, b".")
    return names


def pax_time(member):
    """tarfile makes a float of it, which has no nanoseconds."""
    seconds, _, fraction = member.pax_headers.get("mtime", str(member.mtime)).partition(".")
    return int(seconds) * 10**9 + int(fraction.ljust(9, "0")[:9] or 0) * (-1 if seconds.startswith("-") else 1)


def from_tar(path):
    names = {}
    # latin-1 gives each byte back; pax headers that are not UTF-8 come as surrogates
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as tar:
        for m in tar:
            name = m.name.rstrip("/").encode("utf-8", "surrogateescape")
            name = name.removeprefix(b"./") or b"."
            if m.islnk():
                names[name] = names[m.linkname.encode("utf-8", "surrogateescape").removeprefix(b"./")]
                continue
            kind = KINDS.get(m.type, stat.S_IFREG)
            entry = {"type": kind, "uid": m.uid, "gid": m.gid, "mtime": pax_time(m),
                     "xattrs": {k[len(XATTR):].encode("utf-8", "surrogateescape"): v.encode("utf-8", "surrogateescape")
                                for k, v in m.pax_headers.items() if k.startswith(XATTR)}}
            if kind != stat.S_IFLNK:
                entry["mode"] = m.mode
            if kind == stat.S_IFREG:
                entry["content"], entry["size"] = digest(tar.extractfile(m) or io.BytesIO()), m.size
            elif kind == stat.S_IFLNK:
                entry["target"] = m.linkname.encode("utf-8", "surrogateescape")
            elif kind in (stat.S_IFCHR, stat.S_IFBLK):
                entry["device"] = (m.devmajor, m.devminor)
            names[name] = entry, name
    return names


def read(path):
    return from_directory(path) if os.path.isdir(path) else from_tar(path)


def groups(names):
    """For each name, the names of the same file."""
    files = {}
    for name, (_, file) in names.items():
        files.setdefault(file, []).append(name)
    return {name: sorted(files[file]) for name, (_, file) in names.items()}


def differences(a, b):
    groups_a, groups_b = groups(a), groups(b)
    for name in sorted(set(a) | set(b)):
        if name not in a or name not in b:
            yield name, "only in the " + ("first" if name in a else "second"), "", ""
            continue
        one, other = a[name][0], b[name][0]
        for field in sorted(set(one) | set(other)):
            if one.get(field) != other.get(field):
                yield name, field, one.get(field), other.get(field)
        if groups_a[name] != groups_b[name]:
            yield name, "links", groups_a[name], groups_b[name]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--any-time", action="append", default=[])
    parser.add_argument("a")
    parser.add_argument("b")
    arguments = parser.parse_args()
    a, b = read(arguments.a), read(arguments.b)
    found = 0
    for name, field, one, other in differences(a, b):
        if field != "mtime" or os.fsdecode(name) not in arguments.any_time:
            found += 1
            print(f"{name!r}: {field}: {one!r} {other!r}")
    if not a:
        print("nothing to compare")
    print(f"{len(a)} entries, {found} differences")
    sys.exit(found != 0 or not a)


main()
