# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Packets between network namespaces: servers, and the Internet of the lab."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PEER = str(Path(__file__).with_name("peer.py"))
#: More than a thousand segments as large as the network takes them.
_PAYLOAD_BYTES = 2_000_000
_PATIENCE_SECONDS = 30


def pings(namespace: str, address: str, *options: str) -> bool:
    """Whether an address answers one of three pings, from inside a namespace."""
    ping = ("ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", *options, address)
    return _inside(namespace, *ping).returncode == 0


@contextmanager
def listening(namespace: str, port: int) -> Iterator[None]:
    """Answer TCP connections to a port, inside a namespace."""
    command = ["ip", "netns", "exec", namespace, sys.executable, _PEER, "listen"]
    with subprocess.Popen(
        [*command, str(port)], stdout=subprocess.PIPE, text=True
    ) as listener:
        try:
            assert listener.stdout
            assert listener.stdout.readline() == "listening\n"
            yield
        finally:
            listener.kill()


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


def _inside(namespace: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ip", "netns", "exec", namespace, *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
