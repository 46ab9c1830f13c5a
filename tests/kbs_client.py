# SPDX-License-Identifier: Apache-2.0
"""A guest as Trustee's documentation of the key-broker protocol 0.4.0 describes one, on the `cryptography` package and none of podseal's code.

kbs_client.py URL LABORATORY MEASUREMENT PATH OUT [WORD...] gets a resource and writes it to OUT. URL is http://, https://, unix:PATH or
vsock:CID:PORT; LABORATORY a folder of tests/generators/laboratory.sh. Words: `rewrite` takes the JWE header apart and writes it anew before
it is used as additional data, as guest-components' client does; `token` shows the bearer token instead of the cookie; `bare` sends the report
without certificates, `vcek` with the VCEK alone; `debug` sets the debug bit of the guest policy; `initdata` sends initdata and sets HOST_DATA."""
import base64
import hashlib
import http.client
import json
import pathlib
import socket
import ssl
import struct
import sys
import urllib.parse

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

CHIP_ID = bytes([0xC1, 0xC2]) + bytes(61) + b"\xff"
TCB = {"fmc": None, "bootloader": 10, "tee": 0, "snp": 23, "microcode": 200}
VERSION = {"major": 1, "minor": 55, "build": 40}
GUEST_POLICY = 0x30000  # SMT allowed, and the bit that is always one
DEBUG = 1 << 19
INITDATA = 'algorithm = "sha256"\nversion = "0.1.0"\n\n[data]\n"podseal.seal" = "sha256:00"\n'


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64url_decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jcs(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


class Laboratory:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.key = serialization.load_pem_private_key((folder / "vcek.key").read_bytes(), None)
        self.chain = [{"cert_type": kind, "data": list(self.der(folder / name))}
                      for kind, name in (("VCEK", "vcek.pem"), ("ASK", "ask.pem"), ("ARK", "ark.pem"))]

    @staticmethod
    def der(path):
        return base64.b64decode("".join(line for line in path.read_text().splitlines() if "-" not in line))

    def report(self, report_data, measurement, host_data=bytes(32), policy=GUEST_POLICY, chip_id=CHIP_ID):
        """A version 3 report of a Genoa as the attester's JSON, signed."""
        tcb = bytes([TCB["bootloader"], TCB["tee"], 0, 0, 0, 0, TCB["snp"], TCB["microcode"]])
        version = bytes([VERSION["build"], VERSION["minor"], VERSION["major"], 0])
        raw = bytearray(1184)
        struct.pack_into("<IIQ", raw, 0, 3, 0, policy)
        struct.pack_into("<I", raw, 0x34, 1)
        struct.pack_into("<Q", raw, 0x40, 1)
        for offset, data in ((0x38, tcb), (0x50, report_data), (0x90, measurement), (0xC0, host_data), (0x160, b"\xff" * 32), (0x180, tcb),
                             (0x188, bytes([0x19, 0x11, 1])), (0x1A0, chip_id), (0x1E0, tcb), (0x1E8, version), (0x1EC, version), (0x1F0, tcb)):
            raw[offset:offset + len(data)] = data
        r, s = utils.decode_dss_signature(self.key.sign(bytes(raw[:0x2A0]), ec.ECDSA(hashes.SHA384())))
        return {"version": 3, "guest_svn": 0, "policy": policy, "family_id": [0] * 16, "image_id": [0] * 16, "vmpl": 0, "sig_algo": 1,
                "current_tcb": TCB, "plat_info": 1, "key_info": 0, "report_data": list(report_data), "measurement": list(measurement),
                "host_data": list(host_data), "id_key_digest": [0] * 48, "author_key_digest": [0] * 48, "report_id": [0] * 32,
                "report_id_ma": [255] * 32, "reported_tcb": TCB, "cpuid_fam_id": 0x19, "cpuid_mod_id": 0x11, "cpuid_step": 1,
                "chip_id": list(chip_id), "committed_tcb": TCB, "current": VERSION, "committed": VERSION, "launch_tcb": TCB,
                "launch_mit_vector": None, "current_mit_vector": None,
                "signature": {"r": list(r.to_bytes(72, "little")), "s": list(s.to_bytes(72, "little"))}}


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a socket that somebody else connects."""
    def __init__(self, connect):
        super().__init__("podseal-broker", timeout=30)
        self.connect_socket = connect

    def connect(self):
        self.sock = self.connect_socket()


def connection_to(url):
    if url.startswith("unix:") or url.startswith("vsock:"):
        def connect():
            if url.startswith("unix:"):
                family, address = socket.AF_UNIX, url[5:]
            else:
                family, address = socket.AF_VSOCK, tuple(int(word) for word in url.split(":")[1:])
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(30)
            sock.connect(address)
            return sock
        return SocketConnection(connect)
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30, context=ssl._create_unverified_context())  # nosec: a test's own
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)


class Refused(Exception):
    """The status and the words of an answer that is not 200."""
    def __init__(self, status, body):
        super().__init__(f"{status} {body.decode(errors='replace')}")
        self.status = status
        self.variant = json.loads(body)["type"].rsplit("/", 1)[1]
        self.detail = json.loads(body)["detail"]


class Guest:
    def __init__(self, url, laboratory, measurement, words=()):
        self.http = connection_to(url)
        self.laboratory, self.measurement, self.words = laboratory, measurement, words
        self.cookie = self.token = self.nonce = None
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.public_key = {"kty": "EC", "crv": "P-256", "alg": "ECDH-ES+A256KW", "x": b64url(numbers.x.to_bytes(32, "big")),
                           "y": b64url(numbers.y.to_bytes(32, "big"))}

    def ask(self, method, path, body=None, headers=None):
        try:
            self.http.request(method, path, body, headers or {})
            answer = self.http.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException):
            self.http.close()  # so that the next request begins a connection
            raise
        if answer.status != 200:
            raise Refused(answer.status, data)
        cookie = answer.getheader("Set-Cookie")
        if cookie:
            self.cookie = cookie.split(";")[0]
        return json.loads(data)

    def auth(self):
        request = {"version": "0.4.0", "tee": "snp", "extra-params": {"supported-hash-algorithms": ["sha256", "sha384", "sha512", "sm3"]}}
        self.nonce = self.ask("POST", "/kbs/v0/auth", json.dumps(request), {"Content-Type": "application/json"})["nonce"]

    def attestation(self):
        """The body of attest, as a structure."""
        bound = {"additional-evidence": "", "nonce": self.nonce, "tee-pubkey": self.public_key}
        report_data = hashlib.sha384(jcs(bound)).digest() + bytes(16)
        host_data = hashlib.sha256(INITDATA.encode()).digest() if "initdata" in self.words else bytes(32)
        report = self.laboratory.report(report_data, self.measurement, host_data, GUEST_POLICY | (DEBUG if "debug" in self.words else 0))
        chain = None if "bare" in self.words else self.laboratory.chain[:1] if "vcek" in self.words else self.laboratory.chain
        body = {"init-data": None, "runtime-data": {"nonce": self.nonce, "tee-pubkey": self.public_key},
                "tee-evidence": {"primary_evidence": {"attestation_report": report, "cert_chain": chain}, "additional_evidence": ""}}
        if "initdata" in self.words:
            body["init-data"] = {"format": "toml", "body": INITDATA}
        return body

    def attest(self, body=None):
        text = json.dumps(body or self.attestation())
        self.token = self.ask("POST", "/kbs/v0/attest", text, {"Cookie": self.cookie, "Content-Type": "application/json"})["token"]

    def resource(self, path):
        credential = {"Authorization": f"Bearer {self.token}"} if "token" in self.words else {"Cookie": self.cookie}
        return self.decrypt(self.ask("GET", f"/kbs/v0/resource/{path}", None, credential))

    def decrypt(self, jwe):
        if set(jwe) != {"protected", "encrypted_key", "iv", "ciphertext", "tag"}:
            raise ValueError(f"members of the JWE: {sorted(jwe)}")
        header = json.loads(b64url_decode(jwe["protected"]))
        if header["alg"] != "ECDH-ES+A256KW" or header["enc"] != "A256GCM" or set(header["epk"]) != {"crv", "kty", "x", "y"}:
            raise ValueError(f"header of the JWE: {header}")
        epk = ec.EllipticCurvePublicNumbers(*(int.from_bytes(b64url_decode(header["epk"][c]), "big") for c in "xy"), ec.SECP256R1()).public_key()
        algorithm = header["alg"].encode()
        info = struct.pack(">I", len(algorithm)) + algorithm + struct.pack(">III", 0, 0, 256)
        kek = ConcatKDFHash(hashes.SHA256(), 32, info).derive(self.key.exchange(ec.ECDH(), epk))
        cek = keywrap.aes_key_unwrap(kek, b64url_decode(jwe["encrypted_key"]))
        aad = jwe["protected"]
        if "rewrite" in self.words:
            rest = {name: header[name] for name in sorted(header) if name not in ("alg", "enc")}
            rest["epk"] = {name: header["epk"][name] for name in sorted(header["epk"])}
            aad = b64url(json.dumps({"alg": header["alg"], "enc": header["enc"], **rest}, separators=(",", ":")).encode())
        return AESGCM(cek).decrypt(b64url_decode(jwe["iv"]), b64url_decode(jwe["ciphertext"]) + b64url_decode(jwe["tag"]), aad.encode())

    def get(self, path):
        self.auth()
        self.attest()
        return self.resource(path)


def main(url, laboratory, measurement, path, out, *words):
    try:
        secret = Guest(url, Laboratory(laboratory), bytes.fromhex(measurement), words).get(path)
    except Refused as refused:
        sys.exit(str(refused))
    pathlib.Path(out).write_bytes(secret)


if __name__ == "__main__":
    main(*sys.argv[1:])
