# SPDX-License-Identifier: Apache-2.0
"""What stands between a guest and its broker: hostile_broker.py URL ADDRESS-FILE MANNER-FILE listens on a port of the loopback, writes its URL to
ADDRESS-FILE, and treats each request as the word in MANNER-FILE says at that moment. URL is the true broker. `relay` passes everything on, and keeps
what it saw for the manners that play it again; each function below is a manner."""
import http.client
import pathlib
import random
import socketserver
import sys
import urllib.parse

broker = urllib.parse.urlsplit(sys.argv[1])
seen = {}  # the last answer that `relay` saw, as bytes, by the first word of the path after /kbs/v0/


def ask(head, body):
    """The true broker's answer, as bytes."""
    lines = head.decode().split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    connection = http.client.HTTPConnection(broker.hostname, broker.port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    content = answer.read()
    cookie = answer.getheader("Set-Cookie")
    connection.close()
    words = [f"HTTP/1.1 {answer.status} {answer.reason}", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(words + ([f"Set-Cookie: {cookie}"] if cookie else []) + ["", ""]).encode() + content


class Guest(socketserver.BaseRequestHandler):
    def handle(self):
        stream = self.request.makefile("rb")
        try:
            while request := self.read(stream):
                getattr(self, pathlib.Path(sys.argv[3]).read_text().strip())(*request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the guest has had enough

    @staticmethod
    def read(stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return None
            head += line
        size = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        return head[:-4], stream.read(size[0]) if size else b""

    @staticmethod
    def what(head):
        return head.split(b" ")[1].split(b"/")[3].decode()

    def relay(self, head, body):
        answer = seen[self.what(head)] = ask(head, body)
        self.request.sendall(answer)

    def old_challenge(self, head, body):
        self.request.sendall(seen["auth"] if self.what(head) == "auth" else ask(head, body))

    def old_secret(self, head, body):
        self.request.sendall(seen["resource"] if self.what(head) == "resource" else ask(head, body))

    def silence(self, _head, _body):
        self.request.recv(1)  # until the guest is gone

    def garbage(self, _head, _body):
        self.request.sendall(random.Random(1).randbytes(1 << 20))

    def redirect(self, _head, _body):
        self.request.sendall(f"HTTP/1.1 307 Elsewhere\r\nLocation: {sys.argv[1]}/kbs/v0/auth\r\nContent-Length: 0\r\n\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Guest) as server:
    pathlib.Path(sys.argv[2]).write_text(f"http://127.0.0.1:{server.server_address[1]}\n", encoding="ascii")
    server.serve_forever()
