#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A second reader of sealed images, written from docs/format.md and nothing else.

    reader.py IMG KEY OUT VOLUME=TREE_DIGEST...

Checks every rule that the document states of the image, partition by partition, and writes the file system of each
volume to OUT/<volume>.ext4, decrypted. The tree digests are those of the record; the UUIDs of the file systems follow
from them. KEY is "-" for an image in which nothing is sealed. Exits 1 at the first rule that does not hold.
"""
import base64
import hashlib
import json
import struct
import sys
import uuid
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECTOR, BLOCK, MIB = 512, 4096, 1 << 20
HEADER = 16 * MIB  # of a LUKS2 container
SEALED_DATA, OUR_HASH = "c371e78c-25d8-4864-9826-415f1910c5fd", "d70d1ae5-bea2-4319-b985-68c16e1bbbb0"
LINUX_DATA, SEAL = "0fc63daf-8483-4772-8e79-3d69d8477de4", "8f578db6-a21c-4ec7-b52d-166948c909d2"
SIGNED_ROOT = {
    "x86_64": ("4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"),
    "aarch64": ("b921b045-1df0-41c3-af44-4c6f280d3fae", "df3300ce-d69f-4c92-978c-9bfb0f38d820"),
}


def must(holds, rule):
    if not holds:
        sys.exit(f"does not hold: {rule}")


def derive(source, label, size, volume=None):
    info = f"podseal/1/{label}" + (f"/{volume}" if volume else "")
    return HKDF(SHA256(), size, b"", info.encode()).derive(source)


def derive_uuid(source, label, volume=None):
    b = bytearray(derive(source, label, 16, volume))
    b[6], b[8] = b[6] & 0x0F | 0x80, b[8] & 0x3F | 0x80
    return uuid.UUID(bytes=bytes(b))


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def round_up(n, step):
    return -(-n // step) * step


# --- partition table ---------------------------------------------------------------------------------------------


def read_header(disk, lba, other, entries_lba, last):
    sector = disk[lba * SECTOR : (lba + 1) * SECTOR]
    magic, revision, size, crc, zero, own, backup, first_usable, last_usable = struct.unpack_from("<8sIIIIQQQQ", sector)
    entries_at, count, entry_size, entries_crc = struct.unpack_from("<QIII", sector, 72)
    must((magic, revision, size, zero) == (b"EFI PART", 0x10000, 92, 0), "magic, revision and size of the GPT")
    must((own, backup) == (lba, other), "the GPT's place and that of its copy")
    must((first_usable, last_usable) == (34, last - 33), "usable LBAs")
    must((entries_at, count, entry_size) == (entries_lba, 128, 128), "place of the entries")
    must(not any(sector[92:]), "the rest of the header's sector is zero")
    must(zlib.crc32(sector[:16] + bytes(4) + sector[20:92]) == crc, "CRC of the GPT header")
    entries = disk[entries_lba * SECTOR : (entries_lba + 32) * SECTOR]
    must(zlib.crc32(entries) == entries_crc, "CRC of the entries")
    return uuid.UUID(bytes_le=sector[56:72]), entries


def read_table(disk):
    last = len(disk) // SECTOR - 1
    mbr = bytes(446) + bytes([0, 0, 2, 0, 0xEE, 255, 255, 255]) + struct.pack("<II", 1, min(last, 2**32 - 1)) + bytes(48)
    must(disk[:SECTOR] == mbr + b"\x55\xaa", "protective MBR")
    guid, entries = read_header(disk, 1, last, 2, last)
    must((guid, entries) == read_header(disk, last, 1, last - 32, last), "both copies of the GPT are equal")
    partitions = []
    for at in range(0, len(entries), 128):
        kind, own, first, end, attributes, name = struct.unpack_from("<16s16sQQQ72s", entries, at)
        if any(kind):
            must(attributes == 1 << 60, "attributes: read-only and nothing else")
            partitions.append((name.decode("utf-16-le").rstrip("\0"), str(uuid.UUID(bytes_le=kind)),
                               str(uuid.UUID(bytes_le=own)), first * SECTOR, (end + 1) * SECTOR))
        else:
            must(not any(entries[at : at + 128]), "an unused entry is zero")
    end = 34 * SECTOR
    for _, _, _, first, after in partitions:
        must(first == round_up(end, MIB), "a partition begins at the next multiple of 1 MiB")
        must(not any(disk[end:first]), "zeros between partitions")
        end = after
    must(len(disk) == round_up(end + 33 * SECTOR, MIB), "the image ends at the next multiple of 1 MiB")
    must(not any(disk[end : (last - 32) * SECTOR]), "zeros before the backup GPT")
    return guid, partitions


# --- seal --------------------------------------------------------------------------------------------------------


def read_seal(bytes_):
    magic, version, d, s = struct.unpack_from("<8sIII", bytes_)
    must((magic, version) == (b"podseal\0", 1) and 1 <= d <= 65536 and s <= 65536, "head of the seal partition")
    must(not any(bytes_[20:64]) and not any(bytes_[64 + d + s :]), "reserved bytes of the seal partition are zero")
    must(len(bytes_) == round_up(64 + d + s, BLOCK), "size of the seal partition")
    text = bytes_[64 : 64 + d]
    descriptor = json.loads(text)
    must(canonical(descriptor) == text, "the descriptor is canonical JSON")
    must(descriptor["format"] == 1 and descriptor["arch"] in SIGNED_ROOT, "format and architecture")
    must(set(descriptor) <= {"format", "arch", "init", "volumes"}, "members of the descriptor")
    must(1 <= len(descriptor["volumes"]) <= 8 and descriptor["volumes"][0]["mount"] == "/", "volumes")
    return descriptor, hashlib.sha256(text).digest()


# --- hash tree ---------------------------------------------------------------------------------------------------


def hash_level(salt, level):
    salted = hashlib.sha256(salt)
    hashes = []
    for at in range(0, len(level), BLOCK):
        h = salted.copy()
        h.update(level[at : at + BLOCK])
        hashes.append(h.digest())
    return b"".join(hashes)


def check_hash_tree(volume, data, area, verity_uuid):
    v, name = volume["verity"], volume["name"]
    salt = bytes.fromhex(v["salt"])
    superblock = struct.pack("<8sII16s32sIIQH6x256s", b"verity\0\0", 1, 1, verity_uuid.bytes, b"sha256", BLOCK, BLOCK,
                             v["data_blocks"], 32, salt)
    must(area[:BLOCK] == superblock.ljust(BLOCK, b"\0"), f"{name}: verity superblock")
    must(len(data) == v["data_blocks"] * BLOCK, f"{name}: size of the data partition")
    levels, level = [], data
    while len(level) > BLOCK:
        level = hash_level(salt, level)
        level += bytes(-len(level) % BLOCK)
        levels.insert(0, level)
    must(area[BLOCK:] == b"".join(levels), f"{name}: hash tree, root level first")
    must(hash_level(salt, level).hex() == v["root_hash"], f"{name}: root hash")
    return bytes.fromhex(v["root_hash"])


# --- LUKS2 -------------------------------------------------------------------------------------------------------


def check_luks2(name, key, data):
    salt = derive(key, "luks2-digest-salt", 32, name)
    digest = hashlib.pbkdf2_hmac("sha256", key, salt, 1000, 32)
    area = canonical({
        "config": {"json_size": "12288", "keyslots_size": "16744448"}, "keyslots": {}, "tokens": {},
        "digests": {"0": {"type": "pbkdf2", "hash": "sha256", "iterations": 1000, "keyslots": [], "segments": ["0"],
                          "salt": base64.b64encode(salt).decode(), "digest": base64.b64encode(digest).decode()}},
        "segments": {"0": {"type": "crypt", "offset": "16777216", "size": "dynamic", "iv_tweak": "0",
                           "encryption": "aes-xts-plain64", "sector_size": 4096}},
    }).ljust(12288, b"\0")
    for at, magic, label in ((0, b"LUKS\xba\xbe", "luks2-primary-salt"), (16384, b"SKUL\xba\xbe", "luks2-secondary-salt")):
        copy = bytearray(struct.pack(">6sHQQ48s32s64s40s48sQ184x64x3584x", magic, 2, 16384, 1, name.encode(), b"sha256",
                                     derive(key, label, 64, name), str(derive_uuid(key, "luks2-uuid", name)).encode(),
                                     b"", at) + area)
        copy[448:480] = hashlib.sha256(copy).digest()
        must(data[at : at + 16384] == bytes(copy), f"{name}: LUKS2 header at byte {at}")
    must(not any(data[32768:HEADER]), f"{name}: zeros behind the LUKS2 header")


def decrypt(key, payload):
    out = bytearray()
    for n in range(len(payload) // BLOCK):
        xts = Cipher(algorithms.AES(key), modes.XTS((8 * n).to_bytes(16, "little"))).decryptor()
        out += xts.update(payload[n * BLOCK : (n + 1) * BLOCK]) + xts.finalize()
    return bytes(out)


# --- volumes -----------------------------------------------------------------------------------------------------


def partition_types(descriptor, volume):
    if "crypt" in volume:
        return SEALED_DATA, OUR_HASH
    return SIGNED_ROOT[descriptor["arch"]] if volume["mount"] == "/" else (LINUX_DATA, OUR_HASH)


def open_volume(disk, descriptor, volume, data_partition, hash_partition, key):
    name, sealed = volume["name"], "crypt" in volume
    types = partition_types(descriptor, volume)
    for (part_name, kind, own, _, _), suffix, want in zip((data_partition, hash_partition), ("data", "hash"), types):
        must((part_name, kind, own) == (f"{name}-{suffix}", want, volume[f"{suffix}_uuid"]), f"{name}: its partitions")
    data, area = disk[data_partition[3] : data_partition[4]], disk[hash_partition[3] : hash_partition[4]]
    # of a signed volume the source is the layers' digests, which the image does not hold
    verity_uuid = derive_uuid(key, "verity-uuid", name) if sealed else uuid.UUID(bytes=area[16:32])
    root = check_hash_tree(volume, data, area, verity_uuid)
    must(uuid.UUID(volume["data_uuid"]).bytes == root[:16], f"{name}: UUID of the data partition")
    must(uuid.UUID(volume["hash_uuid"]).bytes == root[16:], f"{name}: UUID of the hash partition")
    if not sealed:
        return data
    want = {"cipher": "aes-xts-plain64", "key_bytes": 64, "sector_size": BLOCK, "offset_bytes": HEADER}
    must({**volume["crypt"], **want} == volume["crypt"], f"{name}: parameters of the encryption")
    must(volume["crypt"]["key_id"] == "podseal/key/" + derive(key, "key-id", 8).hex(), f"{name}: default key_id")
    must(volume["verity"]["salt"] == derive(key, "verity-salt", 32, name).hex(), f"{name}: salt of the hash tree")
    check_luks2(name, key, data)
    return decrypt(key, data[HEADER:])


def check_file_system(name, fs, tree_digest):
    superblock = fs[1024:2048]
    must(superblock[56:58] == b"\x53\xef", f"{name}: an ext4 file system inside")
    must(uuid.UUID(bytes=superblock[104:120]) == derive_uuid(tree_digest, "fs-uuid", name), f"{name}: its UUID")
    must(uuid.UUID(bytes=superblock[236:252]) == derive_uuid(tree_digest, "fs-hash-seed", name), f"{name}: its hash seed")
    must(superblock[120:136].rstrip(b"\0") == name.encode(), f"{name}: its label")
    blocks = struct.unpack_from("<I", superblock, 4)[0]
    must(blocks * BLOCK == len(fs), f"{name}: it is as large as its partition")


def main(image, key_file, out, *tree_digests):
    with open(image, "rb") as f:
        disk = f.read()
    key = None
    if key_file != "-":
        with open(key_file, "rb") as f:
            key = f.read()
    guid, partitions = read_table(disk)
    must(partitions[-1][0] == "seal" and partitions[-1][1] == SEAL, "the last partition is the seal")
    descriptor, seal_digest = read_seal(disk[partitions[-1][3] : partitions[-1][4]])
    must(guid == derive_uuid(seal_digest, "disk-uuid"), "disk GUID")
    must(partitions[-1][2] == str(derive_uuid(seal_digest, "seal-partition-uuid")), "UUID of the seal partition")
    must(len(partitions) == 2 * len(descriptor["volumes"]) + 1, "two partitions for each volume")
    digests = dict(pair.split("=sha256:") for pair in tree_digests)
    for i, volume in enumerate(descriptor["volumes"]):
        fs = open_volume(disk, descriptor, volume, partitions[2 * i], partitions[2 * i + 1], key)
        check_file_system(volume["name"], fs, bytes.fromhex(digests[volume["name"]]))
        with open(f"{out}/{volume['name']}.ext4", "wb") as f:
            f.write(fs)
    print(f"sha256:{seal_digest.hex()}")


main(*sys.argv[1:])
