# SPDX-License-Identifier: Apache-2.0
"""layout_defects.py GOOD OUT: copies of the OCI layout GOOD, each with one defect, at OUT/<defect>.

Digests and sizes above the defect are made right again, unless they are the defect: each copy is wrong in one way alone."""
import gzip
import hashlib
import json
import os
import shutil
import struct
import sys

MEDIA = "application/vnd.oci.image."
ZEROS = "sha256:" + 64 * "0"


def deep(levels):
    return b"[" * levels + b"]" * levels


class Layout:
    """An image layout with one image: its documents as Python values, its one layer as bytes."""

    def __init__(self, directory):
        with open(os.path.join(directory, "index.json"), "rb") as f:
            self.index = json.load(f)
        self.blobs = {}
        for name in os.listdir(os.path.join(directory, "blobs/sha256")):
            with open(os.path.join(directory, "blobs/sha256", name), "rb") as f:
                self.blobs["sha256:" + name] = f.read()
        self.manifest = json.loads(self.blobs.pop(self.index["manifests"][0]["digest"]))
        self.config = json.loads(self.blobs.pop(self.manifest["config"]["digest"]))
        self.layer = self.blobs.pop(self.manifest["layers"][0]["digest"])
        self.index_file = None  # in place of the index, its bytes

    def put(self, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return {"digest": digest, "size": len(data)}

    def put_layer(self, data, kind="tar+gzip"):
        self.manifest["layers"][0].update(self.put(data), mediaType=MEDIA + "layer.v1." + kind)

    def put_config(self, data):
        self.manifest["config"].update(self.put(data))

    def put_manifest(self, data):
        self.index["manifests"][0].update(self.put(data))

    def finish(self):
        """Puts in what the defect has not put in itself."""
        if self.manifest["layers"] and self.manifest["layers"][0]["digest"] not in self.blobs:
            self.put_layer(self.layer)
        if self.manifest["config"]["digest"] not in self.blobs:
            self.put_config(json.dumps(self.config).encode())
        if self.index["manifests"][0]["digest"] not in self.blobs:
            self.put_manifest(json.dumps(self.manifest).encode())

    def write(self, directory):
        os.makedirs(os.path.join(directory, "blobs/sha256"))
        for digest, data in self.blobs.items():
            if data is not None:
                with open(os.path.join(directory, "blobs", *digest.split(":")), "wb") as f:
                    f.write(data)
        index = self.index_file if self.index_file is not None else json.dumps(self.index).encode()
        for name, data in (("index.json", index), ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')):
            with open(os.path.join(directory, name), "wb") as f:
                f.write(data)


DEFECTS = {}


def defect(function):
    DEFECTS[function.__name__.replace("_", "-")] = function
    return function


# --- compressed layers, with the digest that they really have

def zstd(tar, block_bytes=1000):
    """A zstd frame of uncompressed blocks: RFC 8878, sections 3.1.1.1 and 3.1.1.2."""
    out = struct.pack("<IBI", 0xFD2FB528, 0xA0, len(tar))  # single segment, size in 4 bytes
    for at in range(0, len(tar), block_bytes):
        block = tar[at:at + block_bytes]
        last = at + block_bytes >= len(tar)
        out += struct.pack("<I", len(block) << 3 | last)[:3] + block
    return out


def compressed_defects():
    def cut(part):
        return lambda data: data[:int(len(data) * part)]

    def flip(at):
        def change(data):
            at_byte = at if at >= 0 else len(data) + at
            return data[:at_byte] + bytes([data[at_byte] ^ 0xFF]) + data[at_byte + 1:]
        return change

    def grow(tail):
        return lambda data: data + tail

    changes = {
        "gzip-cut-in-its-header": cut(0.01), "gzip-cut-early": cut(0.2), "gzip-cut-in-half": cut(0.5),
        "gzip-cut-before-its-trailer": lambda data: data[:-8], "gzip-cut-in-its-trailer": lambda data: data[:-3],
        "gzip-bad-method": flip(2), "gzip-bad-flags": flip(3), "gzip-bad-crc": flip(-8), "gzip-bad-length": flip(-4),
        "gzip-bad-data": lambda data: data[:100] + b"\xff" * 40 + data[140:],
        "gzip-rubbish-after-it": grow(b"rubbish"),
    }
    for name, change in changes.items():
        DEFECTS[name] = lambda layout, change=change: layout.put_layer(change(layout.layer))
    changes = {
        "zstd-cut-in-its-header": lambda data: data[:6], "zstd-cut-in-half": cut(0.5), "zstd-cut-by-a-byte": lambda data: data[:-1],
        "zstd-bad-block-type": flip(9), "zstd-rubbish-after-it": grow(b"rubbish"), "zstd-cut-second-frame": grow(zstd(bytes(512))[:20]),
        "zstd-window-of-a-tebibyte": lambda data: struct.pack("<IBBB", 0xFD2FB528, 0x00, 0xF8, 0) + b"\0\0\0",
    }
    for name, change in changes.items():
        DEFECTS[name] = lambda layout, change=change: layout.put_layer(change(zstd(gzip.decompress(layout.layer))), "tar+zstd")


compressed_defects()


@defect
def gzip_that_is_zstd(layout):
    layout.put_layer(zstd(gzip.decompress(layout.layer)), "tar+gzip")


@defect
def layer_without_a_byte(layout):
    layout.put_layer(b"")


@defect
def layer_of_text(layout):
    layout.put_layer(b"This is no archive. " * 100, "tar")


# --- digests and sizes

@defect
def layer_changed(layout):
    layout.finish()
    digest = layout.manifest["layers"][0]["digest"]
    data = bytearray(layout.blobs[digest])
    data[4] ^= 1  # gzip's time stamp: it inflates all the same
    layout.blobs[digest] = bytes(data)


@defect
def layer_longer_than_said(layout):
    layout.finish()
    layout.blobs[layout.manifest["layers"][0]["digest"]] += b"\0"


@defect
def layer_shorter_than_said(layout):
    layout.finish()
    digest = layout.manifest["layers"][0]["digest"]
    layout.blobs[digest] = layout.blobs[digest][:-1]


@defect
def layer_missing(layout):
    layout.finish()
    layout.blobs[layout.manifest["layers"][0]["digest"]] = None


@defect
def config_missing(layout):
    layout.finish()
    layout.blobs[layout.manifest["config"]["digest"]] = None


@defect
def config_changed(layout):
    layout.finish()
    digest = layout.manifest["config"]["digest"]
    layout.blobs[digest] = layout.blobs[digest].replace(b"Cmd", b"cMD")


@defect
def manifest_missing(layout):
    layout.finish()
    layout.blobs[layout.index["manifests"][0]["digest"]] = None


@defect
def manifest_changed(layout):
    layout.finish()
    digest = layout.index["manifests"][0]["digest"]
    layout.blobs[digest] = layout.blobs[digest][:-1] + b" }"[:1]


@defect
def index_missing(layout):
    layout.finish()
    layout.write = lambda directory: (Layout.write(layout, directory), os.unlink(os.path.join(directory, "index.json")))


def value_defects():
    """Members of the layer's descriptor and of the manifest's that lie, by value."""
    sizes = {"negative": -1, "2-63": 1 << 63, "10-30": 10 ** 30, "text": "12", "fraction": 1.5, "null": None, "most": (1 << 63) - 1}
    for name, value in sizes.items():
        def layer_size(layout, value=value):
            layout.put_layer(layout.layer)
            layout.manifest["layers"][0]["size"] = value

        def manifest_size(layout, value=value):
            layout.finish()
            layout.index["manifests"][0]["size"] = value
        DEFECTS["layer-size-" + name] = layer_size
        DEFECTS["manifest-size-" + name] = manifest_size
    digests = {"climbs-out": "sha256:../../../../../../etc/passwd", "short": "sha256:abcd", "in-capitals": "sha256:" + 64 * "A", "md5": "md5:" + 32 * "0",
               "empty": "", "number": 7, "with-nul": "sha256:" + 63 * "0" + "\0"}
    for name, value in digests.items():
        def layer_digest(layout, value=value):
            layout.finish()
            layout.manifest["layers"][0]["digest"] = value
            layout.put_manifest(json.dumps(layout.manifest).encode())
        DEFECTS["layer-digest-" + name] = layer_digest


value_defects()


# --- indexes and counts

@defect
def index_that_lists_itself(layout):
    layout.finish()
    entry = {"mediaType": MEDIA + "index.v1+json", "digest": ZEROS, "size": 0}
    for _ in range(5):  # until the size it states is its own
        data = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
        entry["size"] = len(data)
    layout.blobs[ZEROS] = data
    layout.index_file = data


@defect
def manifest_that_is_its_layer(layout):
    layout.finish()
    layout.manifest["layers"][0] = dict(layout.index["manifests"][0], mediaType=MEDIA + "layer.v1.tar")
    layout.put_manifest(json.dumps(layout.manifest).encode())


@defect
def indexes_100_deep(layout):
    layout.finish()
    for _ in range(100):
        nested = layout.put(json.dumps(layout.index).encode())
        layout.index = {"schemaVersion": 2, "manifests": [dict(nested, mediaType=MEDIA + "index.v1+json")]}


@defect
def index_of_100000_entries(layout):
    layout.finish()
    layout.index["manifests"] *= 100000


@defect
def index_of_nothing(layout):
    layout.finish()
    layout.index_file = b'{"schemaVersion":2,"manifests":[]}'


@defect
def manifest_of_100000_layers(layout):
    layout.put_layer(layout.layer)
    layout.manifest["layers"] *= 100000


@defect
def config_of_100000_diff_ids(layout):
    layout.config["rootfs"]["diff_ids"] *= 100000


@defect
def config_without_its_diff_id(layout):
    layout.config["rootfs"]["diff_ids"] = []


@defect
def config_with_megabytes_of_command(layout):
    layout.config["config"]["Cmd"] = ["x" * (5 << 20)]


# --- JSON

def json_defects():
    broken = {
        "10000-deep": deep(10000), "empty": b"", "cut": b'{"schemaVersion":2,', "null": b"null", "not-utf-8": b'{"a":"\xff\xfe"}', "of-blanks": b" " * (5 << 20),
        "with-a-member-twice": b'{"schemaVersion":2,"schemaVersion":2}', "with-more-after-it": b'{"schemaVersion":2,"manifests":[]} x', "binary": bytes(range(256)),
    }
    for name, data in broken.items():
        DEFECTS["index-" + name] = lambda layout, data=data: setattr(layout, "index_file", data)
        DEFECTS["manifest-" + name] = lambda layout, data=data: layout.put_manifest(data)
        DEFECTS["config-" + name] = lambda layout, data=data: layout.put_config(data)


json_defects()


@defect
def manifest_of_schema_1(layout):
    layout.put_manifest(b'{"schemaVersion":1,"fsLayers":[]}')


@defect
def manifest_that_is_an_index_too(layout):
    layout.manifest["manifests"] = []


@defect
def layer_that_is_encrypted(layout):
    layout.put_layer(layout.layer, "tar+gzip+encrypted")


# --- blobs that are not files

def special_defects():
    makers = {"fifo": os.mkfifo, "directory": os.mkdir, "link-to-dev-zero": lambda path: os.symlink("/dev/zero", path)}
    for name, maker in makers.items():
        def special(layout, maker=maker):
            layout.finish()
            digest = layout.manifest["layers"][0]["digest"]
            layout.blobs[digest] = None
            layout.write = lambda directory: (Layout.write(layout, directory), maker(os.path.join(directory, "blobs", *digest.split(":"))))
        DEFECTS["layer-that-is-a-" + name] = special


special_defects()


def main():
    good, out = sys.argv[1:]
    for name, make in DEFECTS.items():
        layout = Layout(good)
        make(layout)
        layout.finish()
        layout.write(os.path.join(out, name))


main()
