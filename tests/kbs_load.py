# SPDX-License-Identifier: Apache-2.0
"""kbs_load.py URL LABORATORY MEASUREMENT PATH SECRET COUNT CLIENTS: complete attestations (auth, attest, resource) by concurrent clients, each in a
process of its own. Every answer must decrypt to the bytes of the file SECRET. Prints one JSON object: failures, rate, and percentiles of
each step in milliseconds, as a client sees them."""
import json
import multiprocessing
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kbs_client import Guest, Laboratory  # noqa: E402  pylint: disable=wrong-import-position

STEPS = ("auth", "attest", "resource")


def client(arguments):
    url, laboratory, measurement, path, secret, count = arguments
    laboratory, times, failures = Laboratory(laboratory), {step: [] for step in STEPS}, []
    for _ in range(count):
        try:
            guest = Guest(url, laboratory, measurement)
            start = time.perf_counter()
            guest.auth()
            answered = time.perf_counter()
            times["auth"].append(answered - start)
            body = guest.attestation()
            start = time.perf_counter()
            guest.attest(body)
            answered = time.perf_counter()
            times["attest"].append(answered - start)
            got = guest.resource(path)
            times["resource"].append(time.perf_counter() - answered)
            guest.http.close()
            if got != secret:
                failures.append("another secret")
        except Exception as error:  # whatever it is, it counts
            failures.append(repr(error))
    return times, failures


def percentile(values, percent):
    values = sorted(values)
    return round(1000 * values[min(len(values) - 1, len(values) * percent // 100)], 2) if values else None


def main(url, laboratory, measurement, path, secret, count, clients):
    count, clients = int(count), int(clients)
    shares = [count // clients + (i < count % clients) for i in range(clients)]
    work = [(url, laboratory, bytes.fromhex(measurement), path, pathlib.Path(secret).read_bytes(), share) for share in shares]
    start = time.monotonic()
    with multiprocessing.Pool(clients) as pool:
        results = pool.map(client, work, chunksize=1)
    wall = time.monotonic() - start
    failures = [failure for _, failed in results for failure in failed]
    out = {"count": count, "clients": clients, "failures": len(failures), "first_failure": failures[0] if failures else None,
           "seconds": round(wall, 2), "per_second": round(count / wall, 1)}
    for step in STEPS:
        values = [value for times, _ in results for value in times[step]]
        out[step] = {f"p{percent}_ms": percentile(values, percent) for percent in (50, 90, 99, 100)}
    print(json.dumps(out))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
