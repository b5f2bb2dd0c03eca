# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One connection to an upstream: HTTP/1.1 over asyncio, parsed by httptools.

Used by ``transport`` alone, which decides where to connect and how long to wait. An
answer is given as soon as its headers are there; its body is read as it comes, and a
reader that falls behind stops the sender: memory does not grow with a body.

Whoever waits says until when, in the loop's time: a timer for each wait costs less than
a task that is cancelled.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import httptools

from tricircle.gateway.message import Headers, Stream

_HIGH_WATER = 256 * 1024
_MAX_HEAD = 64 * 1024
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Broken(ConnectionError):
    """The connection ended, or the upstream does not speak HTTP."""


class Response:
    """An answer that is being read."""

    def __init__(self, connection: "Connection", *, bodiless: bool) -> None:
        self.status = 0
        self.headers: Headers = []
        self.started = False
        self.complete = False
        self._connection = connection
        self._bodiless = bodiless
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._error: Broken | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def length(self) -> int | None:
        """The body's length, if it was announced."""
        for name, value in self.headers:
            if name == b"content-length":
                return int(value)
        return None

    async def head(self, until: float) -> None:
        """Wait for status and headers; raises Broken, or TimeoutError."""
        while not self.started:
            await self._wait(until)

    async def read(self, limit: int, until: float) -> bytes:
        """The whole body; raises Broken, TimeoutError, ValueError if too long."""
        while not self.complete:
            if self._held > limit:
                break
            self._connection.read_on()
            await self._wait(until)
        if self._held > limit:
            self._connection.close()
            raise ValueError(f"more than {limit} bytes")
        body = b"".join(self._chunks)
        self._chunks.clear()
        return body

    async def next(self, until: float) -> bytes | None:
        """The next piece of the body, None at its end; raises Broken, TimeoutError."""
        while not self._chunks:
            if self.complete:
                return None
            self._connection.read_on()
            await self._wait(until)
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        return chunk

    async def aclose(self) -> None:
        """Give up the rest. A connection with an unread body is of no use."""
        if not self.complete:
            self._connection.close()

    async def _wait(self, until: float) -> None:
        if self._error is not None:
            raise self._error
        if self.complete:
            return
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_at(until, _too_late, self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        if self._error is not None:
            raise self._error

    def wake(self) -> None:
        """Let the reader look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def add(self, chunk: bytes) -> bool:
        """Take in a piece; whether there is so much that more should wait."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        self.wake()
        return self._held > _HIGH_WATER

    def fail(self, reason: str) -> None:
        """The answer, or its rest, will not come."""
        if not self.complete and self._error is None:
            self._error = Broken(reason)
            self.wake()

    def start(self, status: int) -> None:
        """Its head has come."""
        self.status = status
        self.started = True
        if self._bodiless:
            self.finish()
        self.wake()

    def finish(self) -> None:
        """Its last byte has come."""
        self.complete = True
        self.wake()


def _too_late(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


class Connection(asyncio.Protocol):
    """A connection, with at most one exchange at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._response: Response | None = None
        self._headers: Headers = []
        self._head_size = 0
        self._paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._framed = False
        self._keep = True
        self.used = 0
        """Exchanges that were begun on it."""
        self.got_bytes = False
        """Whether the upstream sent anything during this exchange."""

    # What transport does with it

    @property
    def reusable(self) -> bool:
        """Whether another exchange may follow."""
        response = self._response
        return (
            self._keep
            and self._transport is not None
            and not self._transport.is_closing()
            and (response is None or response.complete)
        )

    def begin(self, head: bytes, body: bytes, *, bodiless: bool) -> Response:
        """Send a request; the answer's head is still to come."""
        if self._transport is None or self._transport.is_closing():
            raise Broken("closed the connection")
        self.used += 1
        self.got_bytes = False
        response = self._response = Response(self, bodiless=bodiless)
        self._transport.write(head + body if body else head)
        return response

    async def send_body(self, body: Stream) -> AsyncIterator[None]:
        """Send a request's body as it comes, at the pace that the upstream takes it.

        Yields after each piece. Ends early if the upstream answers early. Raises
        Broken, or what the stream raises; then the connection is of no use any more,
        for half a body must not look like a whole one.
        """
        chunked = body.length is None
        async for chunk in body:
            if self._response is not None and self._response.started:
                self._keep = False
                return
            if chunk:
                piece = b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk
                self._write(piece)
                await self._writable.wait()
                yield
        if chunked:
            self._write(b"0\r\n\r\n")

    def close(self) -> None:
        """End it, whatever is under way."""
        self._keep = False
        if self._transport is not None:
            self._transport.abort()

    def read_on(self) -> None:
        """The reader has caught up."""
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise Broken("closed the connection")
        self._transport.write(data)

    # What asyncio tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        """Ended; an answer without any framing is whole by that."""
        self._keep = False
        self._writable.set()
        response = self._response
        if response is not None and not response.complete:
            if response.started and not self._framed and exc is None:
                response.finish()
            else:
                response.fail("closed the connection")

    def pause_writing(self) -> None:
        """The upstream does not keep up."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        response = self._response
        if response is None or response.complete:
            self.close()  # nobody asked
            return
        self.got_bytes = True
        if not response.started:
            self._head_size += len(data)
            if self._head_size > _MAX_HEAD + _HIGH_WATER:
                self._nonsense("sent headers without end")
                return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._nonsense("sent something that is no HTTP")

    def _nonsense(self, reason: str) -> None:
        if self._response is not None:
            self._response.fail(reason)
        self.close()

    # What the parser tells

    def on_message_begin(self) -> None:
        """A response begins, perhaps an interim one."""
        self._headers = []
        if self._response is None or self._response.complete:
            self._keep = False  # nobody asked: whose would it be?
        else:
            self._framed = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which nobody may rely on."""
        if self._response is not None and not self._response.started:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        status, response = self._parser.get_status_code(), self._response
        if response is None or response.complete or status < 200:
            return
        # The parser itself refuses an answer that is framed in two ways.
        framed = not _FRAMING.isdisjoint(dict(self._headers))
        self._framed = framed or status in {204, 304}
        self._head_size = 0
        self._keep = self._keep and self._parser.should_keep_alive()
        response.headers = self._headers
        if response._bodiless:
            # The parser does not know that it was a HEAD, and waits for a body.
            self._keep = self._keep and status in {204, 304}
        response.start(status)

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        response = self._response
        if response is None or response.complete or not response.started:
            return
        if response.add(body) and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        """The response is whole, if it was no interim one."""
        response = self._response
        if response is not None and response.started and not response.complete:
            response.finish()
