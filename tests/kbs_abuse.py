# SPDX-License-Identifier: Apache-2.0
"""kbs_abuse.py URL LABORATORY MEASUREMENT PATH COUNT SLOW: COUNT malformed requests, each kind in turn, by several processes, while SLOW connections
send a byte now and then (slow-loris). No answer may be a 200 or a 500. Prints one JSON object: how many were refused, of how many kinds, and
the first that were not."""
import collections
import copy
import http.client
import json
import multiprocessing
import pathlib
import random
import socket
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kbs_client import Guest, Laboratory, Refused  # noqa: E402  pylint: disable=wrong-import-position


class Abuser:
    def __init__(self, url, laboratory, measurement, path):
        self.url, self.laboratory, self.measurement, self.path = url, laboratory, measurement, path
        self.address = (urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port)
        self.guest = self.new()
        self.guest.auth()
        self.body = self.guest.attestation()
        self.spent = self.new()
        self.spent.auth()
        self.spent_body = self.spent.attestation()
        self.spent.attest(self.spent_body)

    def new(self):
        return Guest(self.url, self.laboratory, self.measurement)

    def any(self):
        """A guest with or without a session."""
        if self.guest is None:
            self.guest = self.new()
        return self.guest

    def fresh(self):
        """A challenged guest, so that the evidence is really looked at."""
        self.any().auth()
        return self.guest

    def attest(self, change):
        guest = self.fresh()
        body = copy.deepcopy(self.body)
        body["runtime-data"]["nonce"] = guest.nonce
        change(body)
        guest.ask("POST", "/kbs/v0/attest", json.dumps(body), {"Cookie": guest.cookie})

    def raw(self, data):
        """Bytes that http.client would not send; an answer of 200 is an error."""
        with socket.create_connection(self.address, timeout=30) as sock:
            sock.sendall(data)
            sock.settimeout(0.05)  # the broker may wait for the rest; nobody else has to
            try:
                answer = sock.recv(64)
            except OSError:
                answer = b""
        if answer.startswith(b"HTTP/1.1 200"):
            raise AssertionError("200")
        raise Refused(0, b'{"type": "/closed", "detail": ""}')

    # --- one method for each kind ---

    def truncated(self):
        text = json.dumps(self.body)
        guest = self.fresh()
        guest.ask("POST", "/kbs/v0/attest", text[:random.randrange(len(text))], {"Cookie": guest.cookie})

    def truncated_request(self):
        self.raw(b"POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{\"version\"")

    def oversize(self):
        self.any().ask("POST", "/kbs/v0/auth", b'{"version":"' + b"0" * (300 << 10) + b'"}')

    def long_header(self):
        self.raw(b"GET /kbs/v0/resource/a/b/c HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * 60000 + b"\r\n\r\n")

    def deep(self):
        self.any().ask("POST", "/kbs/v0/auth", b"[" * 100000)

    def wide(self):
        self.any().ask("POST", "/kbs/v0/auth", b"[" + b"[]," * 50000 + b"[]]")

    def not_base64(self):
        self.attest(lambda body: body["runtime-data"]["tee-pubkey"].update(x="*" * 43))

    def wrong_curve(self):
        self.attest(lambda body: body["runtime-data"]["tee-pubkey"].update(crv=random.choice(["P-384", "secp256k1", "X25519", ""])))

    def off_the_curve(self):
        self.attest(lambda body: body["runtime-data"]["tee-pubkey"].update(x="A" * 43))

    def another_algorithm(self):
        self.attest(lambda body: body["runtime-data"]["tee-pubkey"].update(alg=random.choice(["dir", "PBES2-HS256+A128KW", "RSA1_5"])))

    def another_guests_key(self):
        other = self.new().public_key
        self.attest(lambda body: body["runtime-data"].update({"tee-pubkey": other}))

    def replayed_evidence(self):
        self.attest(lambda body: None)

    def replayed_nonce(self):
        guest = self.spent
        guest.ask("POST", "/kbs/v0/attest", json.dumps(self.spent_body), {"Cookie": guest.cookie})

    def another_sessions_cookie(self):
        guest, other = self.fresh(), self.new()
        other.auth()
        guest.ask("POST", "/kbs/v0/attest", json.dumps(guest.attestation()), {"Cookie": other.cookie})

    def cookie_of_nobody(self):
        self.any().ask("GET", f"/kbs/v0/resource/{self.path}", None, {"Cookie": "kbs-session-id=" + "0" * random.choice([0, 31, 32, 33, 4000])})

    def only_challenged(self):
        guest = self.fresh()
        guest.ask("GET", f"/kbs/v0/resource/{self.path}", None, {"Cookie": guest.cookie})

    def forged_token(self):
        header, payload, signature = self.spent.token.split(".")
        forged = random.choice([f"{header}.{payload}.{'A' * len(signature)}", f"eyJhbGciOiJub25lIn0.{payload}.", f"{header}.{payload}", header, "", "..",
                                f"{header}.{payload[:-2]}AA.{signature}"])
        self.any().ask("GET", f"/kbs/v0/resource/{self.path}", None, {"Authorization": "Bearer " + forged})

    def byte_out_of_range(self):
        self.attest(lambda body: body["tee-evidence"]["primary_evidence"]["attestation_report"]["measurement"].__setitem__(0, 256))

    def changed_measurement(self):
        def change(body):
            measurement = body["tee-evidence"]["primary_evidence"]["attestation_report"]["measurement"]
            measurement[random.randrange(48)] ^= 1 << random.randrange(8)
        guest = self.fresh()
        body = guest.attestation()
        change(body)
        guest.attest(body)

    def broken_certificate(self):
        def change(body):
            certificate = body["tee-evidence"]["primary_evidence"]["cert_chain"][0]
            certificate["data"] = list(certificate["data"])
            certificate["data"][random.randrange(300)] ^= 0xFF
        guest = self.fresh()
        body = guest.attestation()
        change(body)
        guest.attest(body)

    def additional_evidence(self):
        self.attest(lambda body: body["tee-evidence"].update(additional_evidence='{"nvidia": "{}"}'))

    def paths(self):
        path = random.choice(["../../etc/passwd", "a", "a/b", "a/b/c/d", "a/b/" + "c" * 300, ".a/b/c", "a//c", "%00/b/c", "%ff/b/c"])
        self.spent.ask("GET", f"/kbs/v0/resource/{path}", None, {"Cookie": self.spent.cookie})

    def routes(self):
        self.any().ask(random.choice(["GET", "PUT", "DELETE", "OPTIONS"]), random.choice(["/", "/kbs/v0/auth", "/kbs/v0/attest", "/metrics", "*"]))

    def binary(self):
        self.raw(bytes(random.randrange(256) for _ in range(200)))

    KINDS = (truncated, truncated_request, oversize, long_header, deep, wide, not_base64, wrong_curve, off_the_curve, another_algorithm,
             another_guests_key, replayed_evidence, replayed_nonce, another_sessions_cookie, cookie_of_nobody, only_challenged, forged_token,
             byte_out_of_range, changed_measurement, broken_certificate, additional_evidence, paths, routes, binary)


def slow_loris(address, stop, opened):
    """A header that never ends, a byte at a time."""
    while not stop.is_set():
        try:
            with socket.create_connection(address, timeout=5) as sock:
                opened.append(1)
                sock.sendall(b"POST /kbs/v0/auth HTTP/1.1\r\nHost: x\r\nX: ")
                while not stop.wait(1):
                    sock.sendall(b"a")
        except OSError:
            stop.wait(0.2)


def abuse(arguments):
    """One process's share: kinds of refusals counted, and what was not refused."""
    url, laboratory, measurement, path, numbers = arguments
    random.seed(numbers.start)
    abuser = Abuser(url, Laboratory(laboratory), bytes.fromhex(measurement), path)
    refused, wrong = collections.Counter(), []
    for i in numbers:
        kind = Abuser.KINDS[i % len(Abuser.KINDS)]
        try:
            kind(abuser)
            wrong.append(kind.__name__)
        except Refused as why:
            refused[kind.__name__] += 1
            if why.status == 500:
                wrong.append(f"{kind.__name__}: {why}")
        except (OSError, http.client.HTTPException):  # closed in our face
            refused[kind.__name__] += 1
    return refused, wrong


def main(url, laboratory, measurement, path, count, slow):
    count, processes = int(count), 16
    stop, opened = threading.Event(), []
    address = (urllib.parse.urlsplit(url).hostname, urllib.parse.urlsplit(url).port)
    work = [(url, laboratory, measurement, path, range(count * i // processes, count * (i + 1) // processes)) for i in range(processes)]
    start = time.monotonic()
    with multiprocessing.Pool(processes) as pool:
        running = pool.map_async(abuse, work, chunksize=1)
        lorises = [threading.Thread(target=slow_loris, args=(address, stop, opened)) for _ in range(int(slow))]
        for loris in lorises:
            loris.start()
        try:
            results = running.get()
        finally:
            stop.set()
    for loris in lorises:
        loris.join()
    refused = sum((one for one, _ in results), collections.Counter())
    wrong = [what for _, one in results for what in one]
    print(json.dumps({"count": count, "refused": sum(refused.values()), "kinds": len(refused), "not_refused": wrong[:10],
                      "slow_connections": len(opened), "seconds": round(time.monotonic() - start, 1)}))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
