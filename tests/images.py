# SPDX-License-Identifier: Apache-2.0
"""Small OCI images, made byte by byte so that a test can say exactly what is in them.

    base = layer(directory("etc"), file("etc/motd", b"hello\n", mode=0o600, uid=7), symlink("bin", "usr/bin"))
    Layout("out").tag("latest", image := ...)

A layer is the bytes of an uncompressed tar. Nothing here depends on the clock, the machine or the user.
Specifications: POSIX pax, GNU tar manual ("Standard"), image-spec image-layout.md and config.md."""
import gzip
import hashlib
import json
import os
import platform
import subprocess

ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
EPOCH = 1600000000
OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
INDEX, MANIFEST = OCI + "index.v1+json", OCI + "manifest.v1+json"


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def number(value, width):
    """A header field: octal, or base-256 where octal is too short (GNU)."""
    if 0 <= value < 8 ** (width - 1):
        return b"%0*o\0" % (width - 1, value)
    return b"\x80" + value.to_bytes(width - 1, "big") if value >= 0 else value.to_bytes(width, "big", signed=True)


def header(name, kind, size, *, mode, uid, gid, mtime, link=b"", major=0, minor=0, prefix=b"", gnu=False):
    block = (name.ljust(100, b"\0") + number(mode, 8) + number(uid, 8) + number(gid, 8) + number(size, 12) + number(mtime, 12)
             + b" " * 8 + kind + link.ljust(100, b"\0") + (b"ustar  \0" if gnu else b"ustar\00000") + bytes(64)
             + number(major, 8) + number(minor, 8) + prefix.ljust(155, b"\0")).ljust(512, b"\0")
    assert len(block) == 512, name
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def pax_record(key, value):
    body = b" " + raw(key) + b"=" + raw(value) + b"\n"
    length = len(body)
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def extension(kind, data):
    """A header that speaks of the next one: b"x" pax, b"L" and b"K" GNU long names."""
    name = b"././@LongLink" if kind in (b"L", b"K") else b"./PaxHeaders/next"
    return header(name, kind, len(data), mode=0o644, uid=0, gid=0, mtime=0, gnu=kind in (b"L", b"K")) + padded(data)


def split(name):
    """ustar's name and prefix."""
    if len(name) <= 100:
        return name, b""
    at = name.rindex(b"/", 0, 156)
    return name[at + 1:], name[:at]


def member(name, kind, data=b"", *, mode=0o644, uid=0, gid=0, mtime=EPOCH, nanoseconds=0, link=b"", xattrs=None, major=0, minor=0,
           style="pax"):
    """One member. `style` says how what does not fit into the header is written: pax, gnu or ustar."""
    name, link = raw(name), raw(link)
    records, before, prefix = b"", b"", b""
    if style == "ustar":
        name, prefix = split(name)
    for value, key, gnu in ((name, "path", b"L"), (link, "linkpath", b"K")):
        if len(value) > 100 and style == "pax":
            records += pax_record(key, value)
        elif len(value) > 100:
            before += extension(gnu, value + b"\0")
    if nanoseconds:
        records += pax_record("mtime", f"{mtime}.{nanoseconds:09d}")
    for key, value in (xattrs or {}).items():
        records += pax_record(b"SCHILY.xattr." + raw(key), value)
    if records:
        before += extension(b"x", records)
    return before + header(name[:100], kind, len(data), mode=mode, uid=uid, gid=gid, mtime=mtime, link=link[:100], major=major,
                           minor=minor, prefix=prefix, gnu=style == "gnu") + padded(data)


def file(name, data=b"", **meta):
    return member(name, b"0", raw(data), **meta)


def directory(name, mode=0o755, **meta):
    return member(raw(name).rstrip(b"/") + b"/", b"5", mode=mode, **meta)


def symlink(name, target, mode=0o777, **meta):
    return member(name, b"2", mode=mode, link=target, **meta)


def hardlink(name, target, **meta):
    return member(name, b"1", link=target, **meta)


def character(name, major, minor, **meta):
    return member(name, b"3", major=major, minor=minor, **meta)


def block(name, major, minor, **meta):
    return member(name, b"4", major=major, minor=minor, **meta)


def fifo(name, **meta):
    return member(name, b"6", **meta)


def whiteout(name):
    folder, _, base = raw(name).rpartition(b"/")
    return file((folder + b"/" if folder else b"") + b".wh." + base)


def opaque(folder):
    return file(raw(folder) + b"/.wh..wh..opq")


def layer(*members):
    return b"".join(members) + bytes(1024)


def gz(data):
    return gzip.compress(data, 6, mtime=0)


def zst(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


COMPRESSORS = {"": (lambda data: data), "gzip": gz, "zstd": zst}


class Layout:
    """An OCI image layout in the folder `path`. index.json is written anew by each tag()."""

    def __init__(self, path):
        self.path, self.manifests = path, []
        os.makedirs(path + "/blobs/sha256")
        with open(path + "/oci-layout", "w", encoding="ascii") as f:
            f.write('{"imageLayoutVersion":"1.0.0"}')

    def blob(self, data, media_type):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        with open(f"{self.path}/blobs/sha256/{hashlib.sha256(data).hexdigest()}", "wb") as f:
            f.write(data)
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    def image(self, *layers, config=None, compress="gzip", arch=ARCH, docker=False, created="2020-09-13T12:26:40Z"):
        """Adds an image and gives its manifest's descriptor. `compress` is a name in COMPRESSORS, or a function whose result
        is gzip."""
        pack = COMPRESSORS.get(compress, compress)
        suffix = compress if compress in COMPRESSORS else "gzip"
        if docker:
            kinds = (DOCKER + "image.rootfs.diff.tar.gzip", DOCKER + "container.image.v1+json", DOCKER + "distribution.manifest.v2+json")
        else:
            kinds = (OCI + "layer.v1.tar" + ("+" + suffix if suffix else ""), OCI + "config.v1+json", MANIFEST)
        blobs = [self.blob(pack(data), kinds[0]) for data in layers]
        image = {"created": created, "architecture": arch, "os": "linux", "config": config or {},
                 "rootfs": {"type": "layers", "diff_ids": [sha256(data) for data in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": kinds[2], "config": self.blob(image, kinds[1]), "layers": blobs}
        return self.blob(manifest, kinds[2]) | {"platform": {"architecture": arch, "os": "linux"}}

    def index(self, *descriptors):
        """Adds an index of others and gives its descriptor."""
        return self.blob({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(descriptors)}, INDEX)

    def tag(self, name, descriptor):
        self.manifests.append(descriptor | {"annotations": {"org.opencontainers.image.ref.name": name}})
        with open(self.path + "/index.json", "w", encoding="ascii") as f:
            json.dump({"schemaVersion": 2, "mediaType": INDEX, "manifests": self.manifests}, f)


def save(path, *layers, **options):
    """A layout with one image, tagged "latest"."""
    layout = Layout(path)
    layout.tag("latest", layout.image(*layers, **options))


def small_base(text=b"base\n"):
    """The one layer of a base that could boot, if its /sbin/init were a program."""
    return layer(directory("etc"), directory("usr"), directory("usr/bin"), directory("usr/sbin"), directory("usr/lib"), symlink("sbin", "usr/sbin"),
                 symlink("bin", "usr/bin"), symlink("lib", "usr/lib"), file("usr/sbin/init", b"#!/bin/sh\n", mode=0o755),
                 file("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"), file("etc/os-release", b"ID=test\n"), file("etc/text", text),
                 file("usr/lib/big", bytes(range(256)) * 1500))


def small_images(folder):
    """Layouts `base`, `web` and `mesh` in `folder`: what the README's first image is made of, in a few kilobytes."""
    save(folder + "/base", small_base(), config={"Cmd": ["/sbin/init"]})
    save(folder + "/web", layer(directory("etc"), file("etc/passwd", b"root:x:0:0::/:/bin/sh\nwww:x:33:34::/srv:/bin/sh\n"),
                                file("etc/group", b"root:x:0:\nwww:x:34:\n"), directory("srv"), file("srv/index.html", b"old\n")),
         layer(file("srv/index.html", b"<p>sealed\n", uid=33, gid=34), file("srv/random", hashlib.shake_256(b"web").digest(300000))),
         config={"Entrypoint": ["/bin/web"], "Cmd": ["-v"], "Env": ["PATH=/bin"], "User": "www", "WorkingDir": "/srv", "StopSignal": "SIGQUIT"})
    save(folder + "/mesh", layer(directory("etc"), file("etc/mesh.conf", b"listen 80\n")), config={"Cmd": ["/bin/mesh"]}, compress="zstd")
