# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One end of a TCP connection: a program that `traffic` runs inside a namespace.

``listen PORT`` answers each connection with the client's address, in a line, and
all that the client sent. ``ask ADDRESS PORT BYTES`` sends random bytes, checks
the answer and prints the address; it exits with 2 if it can't connect.
"""

import os
import socket
import sys

_CONNECT_SECONDS = 3
_TRANSFER_SECONDS = 15


def main() -> int:
    match sys.argv[1:]:
        case ["listen", port]:
            listen(int(port))
        case ["ask", address, port, count]:
            return ask(address, int(port), os.urandom(int(count)))
    return 1


def listen(port: int) -> None:
    with socket.create_server(("", port)) as server:
        print("listening", flush=True)
        while True:
            connection, (address, _) = server.accept()
            with connection:
                connection.settimeout(_TRANSFER_SECONDS)
                try:
                    connection.sendall(f"{address}\n".encode() + receive(connection))
                except OSError as error:
                    print(error, file=sys.stderr, flush=True)


def ask(address: str, port: int, payload: bytes) -> int:
    try:
        connection = socket.create_connection((address, port), _CONNECT_SECONDS)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    with connection:
        connection.settimeout(_TRANSFER_SECONDS)
        connection.sendall(payload)
        connection.shutdown(socket.SHUT_WR)
        seen, _, answer = receive(connection).partition(b"\n")
    if answer != payload:
        print(f"sent {len(payload)} bytes, {len(answer)} others came", file=sys.stderr)
        return 1
    print(seen.decode())
    return 0


def receive(connection: socket.socket) -> bytes:
    """All bytes until the other end has no more."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


if __name__ == "__main__":
    sys.exit(main())
