# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A pod on a real socket, which answers as a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tricircle.gateway.message import Call, Patience

T = TypeVar("T")

Serve = Callable[["Talk"], Awaitable[None]]


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a test's coroutine; one that hangs fails."""

    async def bounded() -> T:
        async with asyncio.timeout(20):
            return await main

    return asyncio.run(bounded())


class Talk:
    """One connection to the pod."""

    def __init__(
        self, pod: "FakePod", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.pod = pod
        self.reader = reader
        self.writer = writer

    async def request(self) -> bytes:
        """The next request, head and body; ends the talk when there is none."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        body = b""
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                body = await self.reader.readexactly(int(line.split(b":")[1]))
            if line == b"transfer-encoding: chunked":
                body = await self.reader.readuntil(b"0\r\n\r\n")
        self.pod.requests.append(head + body)
        return head + body

    async def say(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def answer(self, body: bytes = b"{}", status: int = 200) -> None:
        """A plain JSON answer."""
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
        await self.say(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)


class FakePod:
    """What was said to it, and how often it was connected to."""

    def __init__(self) -> None:
        self.origin = ""
        self.connections = 0
        self.open = 0
        self.requests: list[bytes] = []


async def always(talk: Talk) -> None:
    """Answer every request."""
    while True:
        await talk.request()
        await talk.answer()


@asynccontextmanager
async def pod(serve: Serve = always) -> AsyncIterator[FakePod]:
    """Serve on a free port of this machine."""
    fake = FakePod()

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        fake.connections += 1
        fake.open += 1
        try:
            await serve(Talk(fake, reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            fake.open -= 1
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fake.origin = f"http://127.0.0.1:{port}"
    try:
        yield fake
    finally:
        server.close()


def call(method: str = "GET", path: str = "/v2.1/servers", **more: Any) -> Call:
    """A call to Pod1's Nova."""
    defaults = {"patience": Patience.READ if method == "GET" else Patience.WRITE}
    return Call("Pod1", "compute", method, path, **{**defaults, **more})
