# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Packets between network namespaces: servers, and the Internet of the lab."""

import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

_PEER = str(Path(__file__).with_name("peer.py"))
#: More than a thousand segments as large as the network takes them.
_PAYLOAD_BYTES = 2_000_000
_PATIENCE_SECONDS = 30
_WIRE_BYTES = 1500
#: What is before a ping's payload: the headers of IP, by version, and of ICMP.
_HEADER_BYTES = {4: 28, 6: 48}


def pings(namespace: str, address: str, *options: str) -> bool:
    """Whether an address answers one of three pings, from inside a namespace."""
    ping = ("ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", *options, address)
    return _inside(namespace, *ping).returncode == 0


def pings_full(namespace: str, address: str) -> bool:
    """The same with packets as large as the wire takes them, which nobody may split."""
    payload = _WIRE_BYTES - _HEADER_BYTES[6 if ":" in address else 4]
    return pings(namespace, address, "-M", "do", "-s", str(payload))


@contextmanager
def listening(namespace: str, port: int) -> Iterator[None]:
    """Answer TCP connections to a port, inside a namespace."""
    with _peer(namespace, "listen", str(port)):
        yield


@contextmanager
def answering(namespace: str, ports: Collection[int]) -> Iterator[None]:
    """Answer `reached` at these ports, inside a namespace."""
    with _peer(namespace, "answer", *map(str, ports)):
        yield


def reached(namespace: str, targets: Collection[str]) -> set[str]:
    """Which of ``PROTOCOL/ADDRESS/PORT`` answer, from inside a namespace."""
    done = _inside(namespace, sys.executable, _PEER, "call", *targets)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def exchange(namespace: str, address: str, port: int) -> str | None:
    """Send a lot to a listener and get it back, from inside a namespace.

    Returns the address that the listener saw, None if no connection comes about.
    AssertionError if the connection stalls, or changes what it carries.
    """
    ask = (sys.executable, _PEER, "ask", address, str(port), str(_PAYLOAD_BYTES))
    done = _inside(namespace, *ask)
    if done.returncode == 2:
        return None
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def _peer(namespace: str, *command: str) -> Iterator[None]:
    run = ["ip", "netns", "exec", namespace, sys.executable, _PEER, *command]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as peer:
        try:
            assert peer.stdout
            assert peer.stdout.readline() == "listening\n"
            yield
        finally:
            peer.kill()


def _inside(namespace: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ip", "netns", "exec", namespace, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
