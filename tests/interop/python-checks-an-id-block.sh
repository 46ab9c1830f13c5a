#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The firmware checks an ID block's signatures before it starts a guest. Here Python's cryptography does, reading the structures by the offsets
# of AMD's specification (56860, SNP_LAUNCH_FINISH).
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need openssl python3
python3 -c 'import cryptography' 2>/dev/null || skip_all "python3-cryptography is not installed"
ovmf=$root/../shared/vectors/measure/ovmf_AmdSev_suffix.bin
[ -f "$ovmf" ] || skip_all "../shared/vectors/measure is absent"

openssl ecparam -name secp384r1 -genkey -noout -out "$work/id.pem" 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out "$work/author.pem" 2>/dev/null
"$podseal" measure --mode snp --ovmf "$ovmf" --id-key "$work/id.pem" --author-key "$work/author.pem" --json >"$work/id.json"

cat >"$work/judge.py" <<'PYTHON'
import base64, hashlib, json, sys
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

work = sys.argv[1]
said = json.load(open(f"{work}/id.json"))
block, auth = base64.b64decode(said["id_block"]), base64.b64decode(said["id_auth"])
assert len(block) == 96 and len(auth) == 4096
little = lambda b: int.from_bytes(b, "little")


def public(at):
    assert little(auth[at : at + 4]) == 2
    x, y = little(auth[at + 4 : at + 76]), little(auth[at + 76 : at + 148])
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP384R1()).public_key()


def signed(key, at, message):
    r, s = little(auth[at : at + 72]), little(auth[at + 72 : at + 144])
    key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA384()))


def same_key(at, name):
    mine = serialization.load_pem_private_key(open(f"{work}/{name}.pem", "rb").read(), None).public_key()
    assert mine.public_numbers() == public(at).public_numbers()


{
    "block": lambda: signed(public(0x240), 0x40, block),
    "id-key": lambda: signed(public(0x880), 0x680, auth[0x240:0x644]),
    "keys": lambda: (same_key(0x240, "id"), same_key(0x880, "author")),
    "digests": lambda: [None for at, name in ((0x240, "id"), (0x880, "author"))
                        if hashlib.sha384(auth[at : at + 1028]).hexdigest() != said[f"{name}_key_digest"] and sys.exit(1)],
    "reserved": lambda: sys.exit(any(auth[8:0x40]) or any(auth[0x644:0x680]) or any(auth[0xC84:])),
}[sys.argv[2]]()
PYTHON
check "the ID key signed the block" python3 "$work/judge.py" "$work" block
check "the author key signed the ID key" python3 "$work/judge.py" "$work" id-key
check "the keys are the ones given" python3 "$work/judge.py" "$work" keys
check "the digests are those that a report will show" python3 "$work/judge.py" "$work" digests
check "what is reserved is zero" python3 "$work/judge.py" "$work" reserved

done_testing
