# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is written to a client goes out in one piece, and none of it is lost."""

import asyncio
from collections.abc import Awaitable, Callable

from tricircle.gateway.client_wire import Gathered

HEAD, BODY = b"HTTP/1.1 200 OK\r\n\r\n", b"{}"


class Kernel(asyncio.Transport):
    """What goes out, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.ended = ""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """A packet."""
        if self.ended:
            raise RuntimeError("the handler is closed")
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        """Whether it has ended."""
        return bool(self.ended)

    def close(self) -> None:
        """In good order."""
        self.ended = "closed"

    def abort(self) -> None:
        """At once."""
        self.ended = "aborted"


def play(act: Callable[[Gathered, Kernel], Awaitable[None]]) -> Kernel:
    """Let a server write, and the loop take one more turn."""

    async def run() -> Kernel:
        kernel = Kernel()
        await act(Gathered(kernel, asyncio.get_running_loop()), kernel)
        await asyncio.sleep(0)
        return kernel

    return asyncio.run(run())


def test_head_and_body_go_out_together_and_in_order() -> None:
    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        gathered.write(b"")
        gathered.write(BODY)
        assert not kernel.pieces

    assert play(act).pieces == [HEAD + BODY]


def test_a_head_alone_does_not_wait_for_more_than_a_turn() -> None:
    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        await asyncio.sleep(0)
        assert kernel.pieces == [HEAD]
        gathered.write(BODY)

    assert play(act).pieces == [HEAD, BODY]


def test_much_is_not_held() -> None:
    large = bytes(1 << 20)

    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        gathered.write(large)
        assert kernel.pieces == [HEAD + large]
        gathered.write(BODY)

    assert play(act).pieces == [HEAD + large, BODY]


def test_who_closes_sends_what_was_written() -> None:
    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        gathered.close()

    kernel = play(act)
    assert (kernel.pieces, kernel.ended) == ([HEAD], "closed")


def test_who_aborts_sends_nothing_more() -> None:
    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        gathered.abort()

    kernel = play(act)
    assert (kernel.pieces, kernel.ended) == ([], "aborted")


def test_a_client_that_went_away_gets_nothing() -> None:
    async def act(gathered: Gathered, kernel: Kernel) -> None:
        gathered.write(HEAD)
        kernel.abort()

    assert not play(act).pieces
