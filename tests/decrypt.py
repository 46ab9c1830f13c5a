# SPDX-License-Identifier: Apache-2.0
"""decrypt.py LUKS KEY OUT: decrypts a LUKS2 container with its volume key, by docs/format.md and dm-crypt's documentation alone.

AES-256-XTS; each encryption sector of `sector_size` bytes has as IV (plain64) the number of its first 512-byte unit, counted from the payload."""
import json
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

UNIT = 512


def segment(luks):
    area = luks[4096:16384].rstrip(b"\0")
    (only,) = json.loads(area)["segments"].values()
    assert only["type"] == "crypt" and only["encryption"] == "aes-xts-plain64", only
    return int(only["offset"]), only["sector_size"], int(only["iv_tweak"])


def main(luks_path, key_path, out_path):
    with open(luks_path, "rb") as f:
        luks = f.read()
    with open(key_path, "rb") as f:
        key = f.read()
    offset, sector_size, tweak = segment(luks)
    with open(out_path, "wb") as out:
        for at in range(offset, len(luks), sector_size):
            iv = tweak + (at - offset) // UNIT
            sector = Cipher(algorithms.AES(key), modes.XTS(iv.to_bytes(16, "little"))).decryptor()
            out.write(sector.update(luks[at:at + sector_size]))


main(*sys.argv[1:])
