# SPDX-License-Identifier: Apache-2.0
"""image_defects.py GOOD OUT: copies of the sealed image GOOD (one sealed volume, root), each with one defect, at OUT/<defect>.img; and, at
OUT/<defect>.record.json, damaged copies of its record. docs/format.md says what lies where."""
import json
import os
import shutil
import struct
import sys
import zlib

SECTOR, MIB = 512, 1 << 20


def partitions(image):
    image.seek(2 * SECTOR)
    entries = [image.read(128) for _ in range(128)]
    return {e[56:].decode("utf-16le").rstrip("\0"): struct.unpack("<QQ", e[32:48]) for e in entries if any(e)}


def poke(at, data):
    def change(image):
        image.seek(at)
        image.write(data)
    return change


def flip(at):
    def change(image):
        image.seek(at)
        byte = image.read(1)[0]
        image.seek(at)
        image.write(bytes([byte ^ 0x01]))
    return change


def cut(size):
    return lambda image: image.truncate(size)


def gpt_entry(field_at, value):
    """Changes the first entry of the table and makes its checksums right again."""
    def change(image):
        image.seek(SECTOR)
        header = bytearray(image.read(SECTOR))
        entries = bytearray(image.read(128 * 128))
        entries[field_at:field_at + len(value)] = value
        header[88:92] = struct.pack("<I", zlib.crc32(entries))
        header[16:20] = bytes(4)
        header[16:20] = struct.pack("<I", zlib.crc32(header[:92]))
        image.seek(SECTOR)
        image.write(header + entries)
    return change


def main():
    good, out = sys.argv[1:]
    with open(good, "rb") as f:
        places = partitions(f)
        size = os.fstat(f.fileno()).st_size
        f.seek(places["seal"][0] * SECTOR)
        member = places["seal"][0] * SECTOR + f.read(4096).index(b'"cipher"') + 1
    data, hash_area, seal = (places[name][0] * SECTOR for name in ("root-data", "root-hash", "seal"))
    payload = data + 16 * MIB
    defects = {
        "cut-in-the-table": cut(700), "cut-in-the-data": cut(payload + 5000), "cut-in-the-hash-tree": cut(hash_area + 5000), "cut-before-the-seal": cut(seal),
        "cut-in-the-seal": cut(seal + 100), "cut-by-a-sector": cut(size - SECTOR),
        "mbr-of-zeros": poke(0, bytes(SECTOR)), "gpt-of-zeros": poke(SECTOR, bytes(SECTOR)), "gpt-header-flipped": flip(SECTOR + 60), "gpt-entry-flipped": flip(2 * SECTOR + 60),
        "gpt-backup-flipped": flip(size - SECTOR + 30), "gpt-entry-reversed": gpt_entry(40, struct.pack("<Q", 1)), "gpt-entry-past-the-end": gpt_entry(40, struct.pack("<Q", 1 << 62)),
        "gpt-entry-renamed": gpt_entry(56, "evil".encode("utf-16le") + bytes(64)),
        "seal-magic-flipped": flip(seal), "seal-length-huge": poke(seal + 8, b"\xff" * 8), "descriptor-flipped": flip(member), "descriptor-not-json": poke(seal + 64, b"\xff" * 64),
        "luks2-magic-flipped": flip(data), "luks2-json-flipped": flip(data + 4200), "luks2-both-of-zeros": poke(data, bytes(32768)), "luks2-padding-flipped": flip(data + 8 * MIB),
        "payload-flipped": flip(payload + 100), "superblock-flipped": flip(payload + 1024 + 0x38), "file-system-of-zeros": poke(payload, bytes(64 * 1024)),
        "verity-superblock-flipped": flip(hash_area), "hash-tree-flipped": flip(hash_area + 4096 + 10), "all-zeros": lambda image: (image.truncate(0), image.truncate(size)),
    }
    os.makedirs(out, exist_ok=True)
    for name, change in defects.items():
        path = os.path.join(out, name + ".img")
        shutil.copyfile(good, path)
        with open(path, "r+b") as image:
            change(image)
    with open(good + ".record.json", "rb") as f:
        record = json.load(f)
    records = {
        "other-seal": dict(record, seal_digest="sha256:" + 64 * "0"), "other-tree": dict(record, volumes=[dict(record["volumes"][0], tree_digest="sha256:" + 64 * "0")]),
        "other-volume": dict(record, volumes=[dict(record["volumes"][0], name="pod")]), "two-volumes": dict(record, volumes=record["volumes"] * 2),
        "no-volumes": dict(record, volumes=[]), "version-9": dict(record, version=9), "no-digest": {k: v for k, v in record.items() if k != "seal_digest"},
        "not-an-object": [record], "100-volumes": dict(record, volumes=record["volumes"] * 100),
    }
    for name, value in records.items():
        with open(os.path.join(out, name + ".record.json"), "w", encoding="utf-8") as f:
            json.dump(value, f)


main()
