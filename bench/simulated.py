# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""``python -m bench.simulated``: pods of which a scenario needs more than an answer.

Each argument is ``ROLE:PORT:POD``. A *listing* pod has servers, and gives them page by
page as Nova does; a *slow* one gives a server 50 ms after it was asked; a *sink* reads
what is posted to its end. One process is all of them: what it uses is not measured.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast
from urllib.parse import parse_qsl, urlsplit

import uvloop

from bench import answers
from bench.addresses import HOST, origin

SERVERS = 100
"""What a listing pod has."""
DELAY = 0.05
"""Seconds that a slow pod takes."""

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    b"openstack-api-version: compute 2.90\r\ncontent-length: %d\r\n\r\n"
)
_MAX_LIMIT = 1000

Serve = Callable[[str, Callable[[bytes], None]], None]
"""Takes a request's target, and what to call, now or later, with the answer's body."""


class Listing:
    """A pod's servers, newest first."""

    def __init__(self, pod: int, address: str, servers: int = SERVERS) -> None:
        # Pods took turns in making servers: a merged list has them in turns, too.
        documents = [
            answers.server(answers.server_id(pod, n), address, number=n * 1000 + pod)
            for n in reversed(range(servers))
        ]
        self._address = address
        self._ids = [str(document["id"]) for document in documents]
        self._items = [answers.text(document).encode() for document in documents]

    def page(self, query: str) -> bytes:
        """What Nova answers to a query with ``limit`` and ``marker``, or neither."""
        asked = dict(parse_qsl(query))
        marker = asked.get("marker")
        first = self._ids.index(marker) + 1 if marker else 0
        limit = min(int(asked.get("limit", _MAX_LIMIT)), _MAX_LIMIT)
        items = self._items[first : first + limit]
        links = b""
        if items and len(items) == limit:
            last = self._ids[first + limit - 1]
            href = f"{self._address}/v2.1/servers/detail?limit={limit}&marker={last}"
            link = answers.text([{"rel": "next", "href": href}])
            links = f', "servers_links": {link}'.encode()
        return b'{"servers": [' + b", ".join(items) + b"]" + links + b"}"

    def serve(self, target: str, answer: Callable[[bytes], None]) -> None:
        """Answer at once."""
        answer(self.page(urlsplit(target).query))


def slow(shown: bytes, target: str, answer: Callable[[bytes], None]) -> None:
    """Answer later, always with the same."""
    asyncio.get_running_loop().call_later(DELAY, answer, shown)


class Talk(asyncio.Protocol):
    """One connection, of which the bodies of requests are dropped."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._unread = b""
        self._target = ""
        self._left = 0
        """Bytes of a body that are still to come."""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        # uvloop's transports are asyncio's in all but name.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Serve each request that is whole."""
        self._unread += data
        while self._unread:
            if not self._left:
                head, found, rest = self._unread.partition(b"\r\n\r\n")
                if not found:
                    return
                self._target, self._left = parse(head)
                self._unread = rest
            dropped = min(self._left, len(self._unread))
            self._unread = self._unread[dropped:]
            self._left -= dropped
            if not self._left:
                self._serve(self._target, self._answer)

    def _answer(self, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEAD % len(body) + body)


def parse(head: bytes) -> tuple[str, int]:
    """A request's target, and how long its body is."""
    first, *lines = head.split(b"\r\n")
    length = 0
    for line in lines:
        key, _, value = line.partition(b":")
        if key.lower() == b"content-length":
            length = int(value)
    return first.split(b" ")[1].decode(), length


def role(name: str, port: int, pod: int) -> Serve:
    """What a pod does; ValueError for a role that there is not."""
    if name == "listing":
        return Listing(pod, origin(port)).serve
    if name == "slow":
        shown = {"server": answers.server(answers.server_id(pod, 0), origin(port))}
        return partial(slow, answers.text(shown).encode())
    if name == "sink":
        return lambda _, answer: answer(b"{}")
    raise ValueError(f"there is no role {name}")


async def serve(arguments: Sequence[str]) -> None:
    """Be these pods until SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    for argument in arguments:
        name, port, pod = argument.split(":")
        made = partial(Talk, role(name, int(port), int(pod)))
        await loop.create_server(made, HOST, int(port), backlog=2048)
    await stopped.wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1:]))
