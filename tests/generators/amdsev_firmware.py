# SPDX-License-Identifier: Apache-2.0
"""amdsev_firmware.py OUT: the last page of a firmware that takes kernel hashes, as OVMF's AMDSEV.fd does and Debian's OVMF does not. It can
be measured, and not be started. The table is that of edk2's OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm, read from its end."""
import struct
import sys
import uuid

PAGE = 4096


def entry(guid, data):
    return data + struct.pack("<H", len(data) + 18) + uuid.UUID(guid).bytes_le


def main():
    sections = [(0x800000, 0x9000, 1), (0x80A000, 0x1000, 1), (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3), (0x80F000, 0x1000, 0x10)]
    metadata = struct.pack("<4sIII", b"ASEV", 16 + 12 * len(sections), 1, len(sections))
    metadata += b"".join(struct.pack("<III", *section) for section in sections)
    table = entry("7255371f-3a3b-4b04-927b-1da6efa8d454", struct.pack("<II", 0x80FC00, 0x400))
    table += entry("00f771de-1a7e-4fcb-890e-68c77e2fb44e", struct.pack("<I", 0xFFFFF000))
    table += entry("dc886566-984a-4798-a75e-5585a7bf67cc", struct.pack("<I", PAGE))
    table += struct.pack("<H", len(table) + 18) + uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
    with open(sys.argv[1], "wb") as f:
        f.write(metadata + bytes(PAGE - 32 - len(table) - len(metadata)) + table + bytes(32))


main()
