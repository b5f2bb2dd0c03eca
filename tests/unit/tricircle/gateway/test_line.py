# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Turns at an address: only so many at once, in order, and none is ever lost."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tricircle.gateway.line import Limits, Line

SOON, NEVER = 0.01, 60.0


def play(act: Callable[[Line, Callable[[float], float]], Awaitable[None]]) -> None:
    """Use a line where one call may be under way, and two may wait."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        line = Line("http://pod1", Limits(concurrent=1, waiting=2), None)
        await act(line, lambda seconds: loop.time() + seconds)

    asyncio.run(run())


def test_turns_come_in_the_order_of_asking() -> None:
    order = []

    async def act(line: Line, within: Callable[[float], float]) -> None:
        async def call(name: str) -> None:
            await line.enter(within(NEVER))
            order.append(name)
            await asyncio.sleep(0)
            line.leave()

        await line.enter(within(NEVER))
        async with asyncio.TaskGroup() as group:
            for name in "ab":
                group.create_task(call(name))
            await asyncio.sleep(0)
            assert line.full
            line.leave()
        assert not line.full

    play(act)
    assert order == ["a", "b"]


def test_who_waits_too_long_has_no_turn_and_takes_none() -> None:
    async def act(line: Line, within: Callable[[float], float]) -> None:
        await line.enter(within(NEVER))
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await line.enter(within(SOON))
        assert not line.full
        line.leave()
        await line.enter(within(SOON))

    play(act)


def test_a_turn_that_comes_as_its_caller_gives_up_goes_to_the_next() -> None:
    async def act(line: Line, within: Callable[[float], float]) -> None:
        await line.enter(within(NEVER))
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            first = group.create_task(line.enter(within(NEVER)))
            group.create_task(line.enter(within(NEVER)))
            await asyncio.sleep(0)
            line.leave()
            first.cancel()
        assert first.cancelled()
        line.leave()
        await line.enter(within(SOON))

    play(act)
