# SPDX-License-Identifier: Apache-2.0
"""console.py SOCKET: prints what a guest says on the console that QEMU offers at SOCKET, until QEMU ends."""
import socket
import sys
import time

path = sys.argv[1]
for attempt in range(600):
    try:
        console = socket.socket(socket.AF_UNIX)
        console.connect(path)
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit(f"{path}: QEMU does not offer it")
try:
    while data := console.recv(65536):
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
except ConnectionResetError:
    pass
