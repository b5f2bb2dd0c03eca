# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Simulated pods page as Nova does."""

import asyncio
import json
from typing import Any

import pytest

from bench import simulated
from bench.simulated import Listing, Talk


def page(pod: Listing, query: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(pod.page(query))
    return read


def test_pages_follow_each_other() -> None:
    pod = Listing(1, "http://pod", servers=5)
    whole = [item["id"] for item in page(pod, "")["servers"]]
    first = page(pod, "limit=3")
    rest = page(pod, f"limit=3&marker={first['servers'][-1]['id']}")
    assert [item["id"] for item in first["servers"] + rest["servers"]] == whole
    assert f"marker={whole[2]}" in first["servers_links"][0]["href"]
    assert "servers_links" not in rest


def test_the_newest_come_first() -> None:
    made = [one["created"] for one in page(Listing(1, "http://pod"), "")["servers"]]
    assert made == sorted(made, reverse=True)
    assert len(made) == simulated.SERVERS


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def is_closing(self) -> bool:
        return False


def talk(role: str) -> tuple[Talk, Written]:
    written, made = Written(), Talk(simulated.role(role, 1, 1))
    made.connection_made(written)  # type: ignore[arg-type]
    return made, written


def test_a_body_is_read_before_the_answer() -> None:
    sink, written = talk("sink")
    sink.data_received(b"POST /x HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc")
    assert written.data == b""
    sink.data_received(b"def")
    assert written.data.startswith(b"HTTP/1.1 200 OK\r\n")


def test_requests_that_come_in_pieces_or_together_are_answered_each() -> None:
    listing, written = talk("listing")
    listing.data_received(b"GET /v2.1/servers/detail?limit=1 HTTP/1.1\r\nHo")
    listing.data_received(b"st: x\r\n\r\nGET /?limit=1 HTTP/1.1\r\n\r\n")
    assert written.data.count(b"HTTP/1.1 200 OK") == 2


def test_a_slow_pod_answers_later() -> None:
    async def main() -> bytes:
        slow, written = talk("slow")
        slow.data_received(b"GET /x HTTP/1.1\r\n\r\n")
        assert written.data == b""
        async with asyncio.timeout(10):
            while not written.data:
                await asyncio.sleep(0.01)
        return written.data

    assert b'{"server": {' in asyncio.run(main())


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ValueError, match="no role fast"):
        simulated.role("fast", 1, 1)
