# SPDX-License-Identifier: Apache-2.0
"""A ttrpc client that need not keep to the protocol. ttrpc_client.py SOCKET COMMAND [ARGUMENT...]

  frames FILE     sends each line (hexadecimal) as a frame of its own; prints, for each answer, "STREAM CODE TEXT"
  order           requests whose stream IDs go down; each has to be answered
  pieces          a request byte by byte, then two in one packet
  mute N M        N connections that say nothing, of which M stay open; held until standard input ends
  half N M        the same, after half a frame
  deaf            asks and never reads, until nothing more is taken; then held likewise
  huge            4 MiB of a request, which is answered, and 4 MiB and a byte, which is refused
  last PID        a request while the service is stopped, SIGTERM, and then goes on: the request is answered
"""
import os
import select
import signal
import socket
import struct
import sys
import time

TIMEOUT = 60


def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, data):
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def frame(stream, data, kind=1, flags=0):
    return struct.pack(">IIBB", len(data), stream, kind, flags) + data


def request(method=b"Other", payload=b""):
    return field(1, b"api.ImagePullService") + field(2, method) + field(3, payload)


def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)  # waits while the queue of connections is full
    s.settimeout(TIMEOUT)
    return s


def receive(s, size):
    data = b""
    while len(data) < size:
        more = s.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def read_varint(data, at):
    n = shift = 0
    while True:
        n |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 128:
            return n, at


def answer(s):
    """(stream, code, text) of the next response."""
    size, stream, kind, flags = struct.unpack(">IIBB", receive(s, 10))
    assert (kind, flags) == (2, 0), (kind, flags)
    data, code, text = receive(s, size), 0, ""
    if data[:1] == b"\x0a":  # status
        n, at = read_varint(data, 1)
        status = data[at:at + n]
        at = 0
        while at < len(status):
            if status[at] == 8:
                code, at = read_varint(status, at + 1)
            else:
                n, at = read_varint(status, at + 1)
                text, at = status[at:at + n].decode(), at + n
    return stream, code, text


def alive(s):
    readable, _, _ = select.select([s], [], [], 0)
    return not readable


def hold():
    print("held", flush=True)
    sys.stdin.read()


def frames(path, file):
    s = connect(path)
    for line in open(file, encoding="ascii"):
        s.sendall(bytes.fromhex(line))
        print(*answer(s), flush=True)


def order(path):
    s = connect(path)
    for stream in (9, 7, 5, 3, 1):
        s.sendall(frame(stream, request()))
    assert [answer(s)[:2] for _ in range(5)] == [(n, 12) for n in (9, 7, 5, 3, 1)]


def pieces(path):
    s = connect(path)
    for byte in frame(1, request()):
        s.sendall(bytes([byte]))
    assert answer(s)[:2] == (1, 12)
    s.sendall(frame(3, request()) + frame(5, request()))
    assert [answer(s)[0], answer(s)[0]] == [3, 5]


def many(path, count, most, first):
    held = []
    for _ in range(int(count)):
        s = connect(path)
        try:
            s.sendall(first)
        except BrokenPipeError:  # refused already
            pass
        held.append(s)
    while sum(alive(s) for s in held) > int(most):
        time.sleep(0.05)
    assert sum(alive(s) for s in held) == int(most)
    hold()


def deaf(path):
    s = connect(path)
    s.settimeout(2)
    sent = 0
    try:
        while True:
            sent += s.send(frame(1, request()) * 1000)
    except TimeoutError:
        pass
    print("taken: at most 16 MiB" if sent < 16 << 20 else f"taken: {sent} bytes")
    hold()


def huge(path):
    s = connect(path)
    data = request()
    filler = field(7, bytes((4 << 20) - len(data) - 5))  # an unknown field; its length takes four bytes
    assert len(data + filler) == 4 << 20
    s.sendall(frame(1, data + filler))
    assert answer(s)[:2] == (1, 12), "4 MiB"
    s.sendall(frame(3, data + filler + b"\0"))
    assert answer(s)[:2] == (3, 8), "a byte more"
    s.sendall(frame(5, data))
    assert answer(s)[:2] == (5, 12), "after it"


def last(path, pid):
    s = connect(path)
    s.sendall(frame(1, request()))
    assert answer(s)[0] == 1
    os.kill(int(pid), signal.SIGSTOP)
    s.sendall(frame(3, request()))
    os.kill(int(pid), signal.SIGTERM)
    os.kill(int(pid), signal.SIGCONT)
    assert answer(s)[0] == 3
    assert s.recv(1) == b""


commands = {"frames": frames, "order": order, "pieces": pieces, "deaf": deaf, "huge": huge, "last": last,
            "mute": lambda path, n, m: many(path, n, m, b""), "half": lambda path, n, m: many(path, n, m, frame(1, request())[:20])}
commands[sys.argv[2]](sys.argv[1], *sys.argv[3:])
