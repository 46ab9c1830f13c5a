# SPDX-License-Identifier: Apache-2.0
"""layer_on_top.py LAYOUT DIRECTORY OUT: an OCI layout at OUT with the one image of LAYOUT and the files of DIRECTORY, root's, in a layer above its own."""
import hashlib
import io
import json
import os
import shutil
import sys
import tarfile

layout, directory, out = sys.argv[1:]
shutil.copytree(layout, out)


def load(digest):
    with open(f"{out}/blobs/sha256/{digest[7:]}", "rb") as f:
        return json.load(f)


def add(data):
    digest = hashlib.sha256(data).hexdigest()
    with open(f"{out}/blobs/sha256/{digest}", "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


def of_root(member):
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


tar = io.BytesIO()
with tarfile.open(mode="w", fileobj=tar, format=tarfile.PAX_FORMAT) as archive:
    for name in sorted(os.listdir(directory)):
        archive.add(os.path.join(directory, name), arcname=name, filter=of_root)
layer = add(tar.getvalue())
with open(out + "/index.json", encoding="utf-8") as f:
    index = json.load(f)
manifest = load(index["manifests"][0]["digest"])
config = load(manifest["config"]["digest"])
config["rootfs"]["diff_ids"].append(layer["digest"])
manifest["config"] |= add(json.dumps(config).encode())
manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar"} | layer)
index["manifests"][0] |= add(json.dumps(manifest).encode())
with open(out + "/index.json", "w", encoding="utf-8") as f:
    json.dump(index, f)
