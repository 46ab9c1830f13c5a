# SPDX-License-Identifier: Apache-2.0
"""initdata-disk.py ANNOTATION DISK: the disk that Kata makes of a pod's cc_init_data annotation (initdata_block.rs, create_initdata_disk)."""
import base64
import struct
import sys

with open(sys.argv[1]) as f:
    packed = base64.b64decode(f.read(), validate=False)
disk = b"initdata" + struct.pack("<Q", len(packed)) + packed
with open(sys.argv[2], "wb") as f:
    f.write(disk + bytes(-len(disk) % 512))
