# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The only module that calls regions, and the only one that waits for them.

Each service of each region has a `Line`, with its connections, its bulkhead and its
breaker.

A call is sent once. There is one exception: a kept connection may have been closed by
the other side just before; if then not one byte came back, and the call changes
nothing, it is sent again on a new connection. A call that changes something goes out
only on a connection that was in use a moment ago, or on a new one.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable

from tricircle.gateway.line import Limits, Line
from tricircle.gateway.message import Answer, Call, Headers, Lost, Patience, Stream
from tricircle.gateway.wire import Broken, Connection, Response

LOG = logging.getLogger(__name__)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class _Body:
    """An answer's body that is passed on as it comes; then its turn is over."""

    def __init__(
        self, response: Response, patience: float, finish: Callable[[], None]
    ) -> None:
        self._response = response
        self._patience = patience
        self._finish: Callable[[], None] | None = finish

    @property
    def length(self) -> int | None:
        """What was announced."""
        return self._response.length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces; raises Broken if the next one does not come in time."""
        try:
            while (chunk := await self._next()) is not None:
                yield chunk
        finally:
            await self.aclose()

    async def _next(self) -> bytes | None:
        until = asyncio.get_running_loop().time() + self._patience
        try:
            return await self._response.next(until)
        except TimeoutError:
            raise Broken(f"sent nothing for {self._patience:g} s") from None

    async def aclose(self) -> None:
        """Give up the rest."""
        await self._response.aclose()
        if self._finish is not None:
            self._finish()
            self._finish = None


class Transport:
    """Sends calls to regions."""

    def __init__(
        self,
        limits: Limits | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = limits or Limits()
        self._tls = tls
        self._clock = clock
        self._lines: dict[str, Line] = {}

    async def send(self, call: Call, origin: str, *, whole: bool) -> Answer | Lost:
        """Send a call to an address, ``http://pod1:8774``, and give its answer.

        The body is read if it is JSON, or if the caller wants the ``whole`` of it
        anyway; otherwise it is a stream, which the caller must read or close. What
        goes wrong is an answer too: `Lost`.
        """
        line = self._lines.get(origin) or self._new(origin, call)
        if line.full:
            line.counts.full += 1
            return Lost(
                call.region, "has too many calls waiting", in_doubt=False, busy=True
            )
        if line.broken(self._clock()):
            line.counts.broken += 1
            return Lost(call.region, "did not answer lately", in_doubt=False)
        attempt = _Attempt(call, line, self._limits, self._clock)
        return await attempt.run(whole=whole)

    @property
    def lines(self) -> list[Line]:
        """Each address that was called."""
        return list(self._lines.values())

    def _new(self, origin: str, call: Call) -> Line:
        of = (call.region, call.service)
        line = self._lines[origin] = Line(origin, self._limits, self._tls, of)
        return line

    async def aclose(self) -> None:
        """Close the connections that nobody uses."""
        for line in self._lines.values():
            line.close()


class _Attempt:
    """One call, on its way."""

    def __init__(
        self, call: Call, line: Line, limits: Limits, clock: Callable[[], float]
    ) -> None:
        self._call = call
        self._line = line
        self._limits = limits
        self._clock = clock
        self._time = asyncio.get_running_loop().time
        self._patience = limits.first_byte[call.patience]
        self._safe = call.method in _SAFE and not _streams(call)
        self._sent = False

    @property
    def _in_doubt(self) -> bool:
        return self._sent and self._call.method not in _SAFE

    async def run(self, *, whole: bool) -> Answer | Lost:
        """Wait for a turn, send, read."""
        call, line = self._call, self._line
        try:
            await line.enter(self._time() + self._patience)
        except TimeoutError:
            line.counts.full += 1
            return Lost(
                call.region, "has too many calls under way", in_doubt=False, busy=True
            )
        streaming = False
        try:
            answer = await self._exchange(whole=whole)
            streaming = isinstance(answer, Answer) and isinstance(answer.body, _Body)
            return answer
        finally:
            if not streaming:
                line.leave()

    async def _exchange(self, *, whole: bool) -> Answer | Lost:
        line, region = self._line, self._call.region
        begun = self._clock()
        try:
            connection, response = await self._begin(self._time() + self._patience)
        except TimeoutError:
            line.failed(self._clock())
            after = f" within {self._patience:g} s" if self._sent else ""
            return Lost(region, f"did not answer{after}", in_doubt=self._in_doubt)
        except OSError as error:
            line.failed(self._clock())
            LOG.warning("%s, %s: %s", region, self._call.service, error)
            text = str(error) if isinstance(error, Broken) else "does not answer"
            return Lost(region, text, in_doubt=self._in_doubt)
        line.succeeded(self._clock() - begun)
        if not whole and not _is_json(response.headers):
            return self._stream(connection, response)
        return await self._whole(connection, response)

    async def _begin(self, until: float) -> tuple[Connection, Response]:
        """Send the call, and wait for the answer's head.

        Raises OSError; TimeoutError is one.
        """
        idle = self._limits.idle if self._safe else self._limits.idle_write
        kept = self._line.take(self._clock(), idle)
        if kept is not None:
            try:
                return kept, await self._on(kept, until)
            except Broken:
                untouched = self._safe and not kept.got_bytes
                if self._sent and not untouched:
                    raise
        self._sent = False
        async with asyncio.timeout_at(min(until, self._time() + self._limits.connect)):
            fresh = await self._line.connect()
        return fresh, await self._on(fresh, until)

    async def _on(self, connection: Connection, until: float) -> Response:
        call = self._call
        body = call.body if isinstance(call.body, bytes) else b""
        head = _head(call, self._line.authority)
        try:
            response = connection.begin(head, body, bodiless=call.method == "HEAD")
            self._sent = True
            if call.body is not None and not isinstance(call.body, bytes):
                until = await self._send_body(connection, call.body)
            await response.head(until)
        except BaseException:
            connection.close()  # nobody else may get this answer
            raise
        return response

    async def _send_body(self, connection: Connection, body: Stream) -> float:
        """Send it; until when to wait then.

        A long body takes its time: what is bounded is each step of it.
        """
        until = self._time() + self._patience
        async with asyncio.timeout_at(until) as timer:
            async for _ in connection.send_body(body):
                until = self._time() + self._patience
                timer.reschedule(until)
        return until

    def _stream(self, connection: Connection, response: Response) -> Answer:
        line, clock = self._line, self._clock

        def finish() -> None:
            line.give_back(connection, clock())
            line.leave()

        body = _Body(response, self._limits.body, finish)
        return Answer(response.status, response.headers, body, self._call.region)

    async def _whole(self, connection: Connection, response: Response) -> Answer | Lost:
        region, most = self._call.region, self._limits.max_answer
        try:
            body = await response.read(most, self._time() + self._body_time())
        except TimeoutError:
            return Lost(region, "did not finish its answer", in_doubt=self._in_doubt)
        except Broken as error:
            return Lost(
                region,
                f"{error} in the middle of its answer",
                in_doubt=self._in_doubt,
            )
        except ValueError as error:
            return Lost(region, f"answered with {error}", in_doubt=self._in_doubt)
        finally:
            self._line.give_back(connection, self._clock())
        return Answer(response.status, response.headers, body, region)

    def _body_time(self) -> float:
        if self._call.patience is Patience.FANOUT:
            return self._limits.first_byte[Patience.FANOUT]
        return self._limits.body


def _streams(call: Call) -> bool:
    return call.body is not None and not isinstance(call.body, bytes)


def _is_json(headers: Headers) -> bool:
    for name, value in headers:
        if name == b"content-type":
            return value.startswith(b"application/json")
    return False


def _head(call: Call, authority: bytes) -> bytes:
    target = f"{call.path}?{call.query}" if call.query else call.path
    lines = [
        b"%b %b HTTP/1.1" % (call.method.encode("ascii"), target.encode("ascii")),
        b"host: " + authority,
    ]
    lines += [b"%b: %b" % pair for pair in call.headers]
    if isinstance(call.body, bytes):
        lines.append(b"content-length: %d" % len(call.body))
    elif call.body is not None:
        length = call.body.length
        lines.append(
            b"transfer-encoding: chunked"
            if length is None
            else b"content-length: %d" % length
        )
    elif call.method in {"POST", "PUT", "PATCH"}:
        lines.append(b"content-length: 0")
    lines += (b"", b"")
    return b"\r\n".join(lines)
