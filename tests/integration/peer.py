# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One end of what is sent: a program that `traffic` runs inside a namespace.

``listen PORT`` answers each TCP connection with the client's address, in a line, and
all that the client sent. ``ask ADDRESS PORT BYTES`` sends random bytes, checks
the answer and prints the address; it exits with 2 if it can't connect.

``answer PORT...`` answers whatever comes to a port, over TCP or UDP, with one byte.
``call PROTOCOL/ADDRESS/PORT...`` prints those of the given that answer.
"""

import os
import selectors
import socket
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

_CONNECT_SECONDS = 3
_TRANSFER_SECONDS = 15
#: Two tries of TCP to connect, one second apart.
_CALL_SECONDS = 1.8


def main() -> int:
    match sys.argv[1:]:
        case ["listen", port]:
            listen(int(port))
        case ["ask", address, port, count]:
            return ask(address, int(port), os.urandom(int(count)))
        case ["answer", *ports]:
            answer([int(port) for port in ports])
        case ["call", *targets]:
            call(targets)
            return 0
    return 1


def listen(port: int) -> None:
    with _server(port) as server:
        print("listening", flush=True)
        while True:
            connection, (address, *_) = server.accept()
            seen = address.removeprefix("::ffff:")
            with connection:
                connection.settimeout(_TRANSFER_SECONDS)
                try:
                    connection.sendall(f"{seen}\n".encode() + receive(connection))
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


def answer(ports: Sequence[int]) -> None:
    ready = selectors.DefaultSelector()
    for port in ports:
        ready.register(_server(port), selectors.EVENT_READ, _accept)
        ready.register(_datagrams(port), selectors.EVENT_READ, _reply)
    print("listening", flush=True)
    while True:
        for key, _ in ready.select():
            key.data(key.fileobj)


def call(targets: Sequence[str]) -> None:
    with ThreadPoolExecutor(len(targets)) as pool:
        answered = pool.map(_answers, targets)
        print(*(target for target, was in zip(targets, answered, strict=True) if was))


def _answers(target: str) -> bool:
    protocol, address, port = target.split("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM
    with socket.socket(family, kind) as connection:
        connection.settimeout(_CALL_SECONDS)
        try:
            connection.connect((address, int(port)))
            connection.sendall(b"?")
            return connection.recv(1) == b"!"
        except OSError:
            return False


def _server(port: int) -> socket.socket:
    """Takes connections to any address of either family."""
    return socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)


def _datagrams(port: int) -> socket.socket:
    taken = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    taken.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    taken.bind(("", port))
    return taken


def _accept(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.settimeout(_CALL_SECONDS)
        try:
            connection.recv(1)  # or the close would be a reset
            connection.sendall(b"!")
        except OSError as error:
            print(error, file=sys.stderr, flush=True)


def _reply(taken: socket.socket) -> None:
    _, caller = taken.recvfrom(1)
    try:
        taken.sendto(b"!", caller)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
