# SPDX-License-Identifier: Apache-2.0
"""Damages a sealed image the way a host can: disk_damage.py IMAGE OUT WHAT...; each WHAT is a function below, in their order given."""
import pathlib
import struct
import sys
import zlib

SECTOR = 512
HEADER, ENTRIES = SECTOR, 2 * SECTOR
UNLIMITED = 2**64 - 1


class Disk:
    def __init__(self, path):
        self.bytes = bytearray(pathlib.Path(path).read_bytes())
        names = [self.entry(i)[56:128].decode("utf-16-le").rstrip("\0") for i in range(128)]
        self.partition = {name: i for i, name in enumerate(names) if name}

    def entry(self, i):
        return self.bytes[ENTRIES + 128 * i:ENTRIES + 128 * (i + 1)]

    def start(self, name):
        return SECTOR * struct.unpack_from("<Q", self.entry(self.partition[name]), 32)[0]

    def flip(self, at):
        self.bytes[at] ^= 0x01

    def swap(self, old, new):
        """The first one of these bytes in the seal partition."""
        at = self.bytes.index(old, self.start("seal"))
        self.bytes[at:at + len(old)] = new

    def range(self, name, first, last):
        """Moves a partition, and makes the table's checksums right for that."""
        struct.pack_into("<QQ", self.bytes, ENTRIES + 128 * self.partition[name] + 32, first, last)
        self.renew()

    def renew(self):
        count = min(struct.unpack_from("<I", self.bytes, HEADER + 80)[0], 128)
        struct.pack_into("<I", self.bytes, HEADER + 88, zlib.crc32(self.bytes[ENTRIES:ENTRIES + 128 * count]))
        struct.pack_into("<I", self.bytes, HEADER + 16, 0)
        struct.pack_into("<I", self.bytes, HEADER + 16, zlib.crc32(self.bytes[HEADER:HEADER + 92]))

    # --- one byte, in each of the places where that is nobody's concern, or everybody's

    def superblock(self):
        self.flip(self.start("root-hash") + 100)

    def backup(self):
        self.flip(len(self.bytes) - SECTOR + 60)

    def table(self):
        self.flip(HEADER + 60)

    def tree(self):
        self.flip(self.start("root-hash") + 4096 + 5)

    def header(self):
        """The second block of a LUKS2 header: the first is read with the volume."""
        self.flip(self.start("root-data") + 4096 + 5)

    def program(self):
        """The block that /sbin/init begins with."""
        at = self.start("root-data")
        while self.bytes[at:at + 4] != b"\x7fELF":
            at += 4096
        self.flip(at + 4000)

    def word(self):
        """A word that a file of the pod consists of."""
        self.flip(self.bytes.index(b"told by the pod"))

    def syntax(self):
        self.swap(b'"root_hash":', b'"root_hash";')

    def root_hash(self):
        at = self.bytes.index(b'"root_hash":"', self.start("seal")) + 13
        self.bytes[at] = ord("1") if self.bytes[at] != ord("1") else ord("2")

    def signature(self):
        size, = struct.unpack_from("<I", self.bytes, self.start("seal") + 12)
        length, = struct.unpack_from("<I", self.bytes, self.start("seal") + 16)
        self.flip(self.start("seal") + 64 + size + length - 3)

    # --- tables that would lead a reader astray

    def overlap(self):
        first = self.start("root-data") // SECTOR
        self.range("root-hash", first, first + 15)

    def outside(self):
        self.range("root-data", 2048, 2**40)

    def endless(self):
        self.range("root-data", 2048, UNLIMITED)

    def crowd(self):
        struct.pack_into("<I", self.bytes, HEADER + 80, 400)
        self.renew()

    def two_seals(self):
        """A second partition of that name, where nothing is."""
        entry = self.entry(self.partition["seal"])
        entry[16:32] = bytes(range(1, 17))
        first = self.start("seal") // SECTOR + 64
        struct.pack_into("<QQ", entry, 32, first, first + 7)
        at = ENTRIES + 128 * len(self.partition)
        self.bytes[at:at + 128] = entry
        self.renew()

    def short(self):
        del self.bytes[-SECTOR:]


disk = Disk(sys.argv[1])
for what in sys.argv[3:]:
    getattr(disk, what)()
pathlib.Path(sys.argv[2]).write_bytes(disk.bytes)
