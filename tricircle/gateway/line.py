# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""One upstream address: its connections, and what keeps its troubles from the others.

- A *bulkhead*: only so many calls at once and so many waiting, so that a pod that hangs
  takes no more than its share.
- A *breaker*: after some failures in a row the address is not called for a few seconds,
  then one call tries it.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tricircle.gateway.message import Patience
from tricircle.gateway.observe.times import Times
from tricircle.gateway.wire import Connection


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much, how many. Times in seconds, sizes in bytes."""

    connect: float = 2.0
    first_byte: Mapping[Patience, float] = field(
        default_factory=lambda: {
            Patience.FANOUT: 2.0,
            Patience.READ: 30.0,
            Patience.WRITE: 120.0,
        }
    )
    body: float = 60.0
    """Until the whole of an answer that is read at once has come."""
    max_answer: int = 64 * 1024 * 1024
    concurrent: int = 64
    """Calls at once to a service of a region."""
    waiting: int = 128
    """Calls that wait for their turn; more are turned away."""
    idle: float = 4.0
    """A connection that was idle for longer is not used again: servers close theirs
    after five seconds and more."""
    idle_write: float = 1.0
    failures: int = 3
    """In a row, before a region is left alone."""
    cooldown: float = 5.0

    def __post_init__(self) -> None:
        """Refuse limits by which nothing could be sent."""
        if set(self.first_byte) != set(Patience):
            raise ValueError("first_byte needs a time for every patience")
        if min(self.connect, self.body, *self.first_byte.values()) <= 0:
            raise ValueError("a timeout is more than 0 seconds")
        if min(self.concurrent, self.failures, self.max_answer) < 1:
            raise ValueError("concurrent, failures and max_answer are 1 or more")


class Counts:
    """What became of calls."""

    __slots__ = ("answered", "broken", "failed", "full")

    def __init__(self) -> None:
        self.answered = Times()
        """With the time until the first byte."""
        self.failed = 0
        """No answer came."""
        self.broken = 0
        """The breaker held them back."""
        self.full = 0
        """The bulkhead turned them away."""


class Line:
    """All that is known of one upstream address."""

    def __init__(
        self,
        origin: str,
        limits: Limits,
        tls: ssl.SSLContext | None,
        of: tuple[str, str] = ("", ""),
    ) -> None:
        """Lead to ``origin``; ``of`` is the region and the service, for operators."""
        parts = urlsplit(origin)
        if not parts.hostname:
            raise ValueError(f"{origin} is no address of a service")
        secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if secure else 80)
        self._tls = (tls or ssl.create_default_context()) if secure else None
        self._limits = limits
        self._idle: deque[tuple[Connection, float]] = deque()
        self._free = limits.concurrent
        self._turns: deque[asyncio.Future[None]] = deque()
        self._failures = 0
        self._closed_until = 0.0
        self.labels = (*of, origin)
        self.counts = Counts()
        self.authority = parts.netloc.rpartition("@")[2].encode()

    # Bulkhead

    @property
    def full(self) -> bool:
        """Whether the next call would have nowhere to wait."""
        return not self._free and len(self._turns) >= self._limits.waiting

    async def enter(self, until: float) -> None:
        """Wait for a turn, in the loop's time; raises TimeoutError."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except BaseException:
            if turn.cancelled():
                if turn in self._turns:
                    self._turns.remove(turn)
            else:
                self.leave()  # it came in the same moment
            raise

    def leave(self) -> None:
        """Let the next one have its turn."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)  # what was taken stays taken, by the next one
                return
        self._free += 1

    @property
    def in_flight(self) -> int:
        """Calls that have their turn."""
        return self._limits.concurrent - self._free

    @property
    def waiting(self) -> int:
        """Calls that wait for it."""
        return len(self._turns)

    # Breaker

    @property
    def is_open(self) -> bool:
        """Whether it failed so often that it is left alone."""
        return self._failures >= self._limits.failures

    def broken(self, now: float) -> bool:
        """Whether to leave it alone; now and then one call is let through."""
        if self._failures < self._limits.failures:
            return False
        if now < self._closed_until:
            return True
        self._closed_until = now + self._limits.cooldown
        return False

    def succeeded(self, seconds: float) -> None:
        """It answers, after so long."""
        self._failures = 0
        self.counts.answered.add(seconds)

    def failed(self, now: float) -> None:
        """It did not."""
        self.counts.failed += 1
        self._failures += 1
        self._closed_until = now + self._limits.cooldown

    # Connections

    def take(self, now: float, idle: float) -> Connection | None:
        """A kept connection that was in use in the last ``idle`` seconds."""
        while self._idle:
            connection, since = self._idle[-1]
            if connection.reusable and now - since > idle:
                break
            self._idle.pop()
            if connection.reusable:
                return connection
        while self._idle and now - self._idle[0][1] > self._limits.idle:
            self._idle.popleft()[0].close()
        return None

    def give_back(self, connection: Connection, now: float) -> None:
        """Keep it for the next call, if it can be used."""
        if connection.reusable:
            self._idle.append((connection, now))
        else:
            connection.close()

    async def connect(self) -> Connection:
        """A new connection; raises OSError."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            Connection, self._host, self._port, ssl=self._tls
        )
        return connection

    def close(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[0].close()
