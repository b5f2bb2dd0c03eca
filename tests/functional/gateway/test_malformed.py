# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What two servers might read in two ways is refused, and ends the connection."""

import socket
from collections.abc import Iterator

import pytest

from tests.functional.gateway.program import HOST, PATIENCE, Program, program
from tricircle.gateway.client_wire import MAX_HEAD

#: What must not be answered: it is in the body of the request before, or in none.
HIDDEN = b"GET /v2.1/hidden HTTP/1.1\r\nhost: h\r\n\r\n"
BEGIN = b"POST / HTTP/1.1\r\nhost: h\r\n"
CHUNK = b"5\r\nhello\r\n0\r\n\r\n"
LONG = b"x" * MAX_HEAD

MALFORMED = {
    "both framings": BEGIN
    + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n"
    + CHUNK,
    "both framings, the other way round": BEGIN
    + b"transfer-encoding: chunked\r\ncontent-length: 15\r\n\r\n"
    + CHUNK,
    "two lengths": BEGIN + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "a length with a sign": BEGIN + b"content-length: +5\r\n\r\nhello",
    "a length below nothing": BEGIN + b"content-length: -5\r\n\r\nhello",
    "two lengths in one": BEGIN + b"content-length: 5, 6\r\n\r\nhello",
    "a length beyond all": BEGIN + b"content-length: 99999999999999999999\r\n\r\n",
    "an unknown encoding": BEGIN + b"transfer-encoding: xchunked\r\n\r\n" + CHUNK,
    "chunked, and then something": BEGIN
    + b"transfer-encoding: chunked, identity\r\n\r\n"
    + CHUNK,
    "bare line feeds": b"GET / HTTP/1.1\nhost: h\n\n",
    "a bare line feed after a header": b"GET / HTTP/1.1\r\nhost: h\nx-y: z\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nhost: h\rx-y: z\r\n\r\n",
    "a space before the colon": BEGIN + b"content-length : 5\r\n\r\nhello",
    "a header without a name": b"GET / HTTP/1.1\r\n: h\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nhost\r\n\r\n",
    "a zero in a header": b"GET / HTTP/1.1\r\nhost: h\r\nx-y: a\0b\r\n\r\n",
    "a chunk of no size": BEGIN
    + b"transfer-encoding: chunked\r\n\r\nx\r\nhello\r\n0\r\n\r\n",
    "a space in the path": b"GET /v2.1/a b HTTP/1.1\r\nhost: h\r\n\r\n",
    "a path that is not ASCII": b"GET /\xff HTTP/1.1\r\nhost: h\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
#: Were they answered, that would be the end of the connection, too.
ONLY = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n"
TOO_LARGE = {
    "a long header": ONLY + b"x-y: " + LONG + b"\r\n\r\n",
    "many headers": ONLY + b"x: y\r\n" * 40_000 + b"\r\n",
    "a long path": ONLY.replace(b"GET /", b"GET /?" + LONG) + b"\r\n",
}
ENDLESS = {
    "a header without an end": b"GET / HTTP/1.1\r\nhost: h\r\nx-y: " + LONG * 8,
    "a path without an end": b"GET /" + LONG * 8,
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with program(tmp_path_factory.mktemp("gateway")) as started:
        started.until_it_listens()
        yield started


def said(gateway: Program, *pieces: bytes) -> bytes:
    """All that comes back until the gateway ends the connection."""
    answer = b""
    address = (HOST, gateway.compute)
    with socket.create_connection(address, timeout=PATIENCE) as client:
        try:
            for piece in pieces:
                client.sendall(piece)
            while got := client.recv(65536):
                answer += got
        except ConnectionError:
            pass  # it ended with some of it unread
    return answer


@pytest.mark.parametrize("name", MALFORMED)
def test_it_is_refused_with_all_that_follows(gateway: Program, name: str) -> None:
    answer = said(gateway, MALFORMED[name], HIDDEN)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_head_is_bounded(gateway: Program, name: str) -> None:
    assert said(gateway, TOO_LARGE[name]).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("name", ENDLESS)
def test_so_is_one_that_never_ends(gateway: Program, name: str) -> None:
    answer = said(gateway, ENDLESS[name])
    # Of what is cut off with much of it unread the answer may be lost.
    assert answer.startswith(b"HTTP/1.1 431 ") or not answer


def test_one_connection_takes_many_requests_of_some_size(gateway: Program) -> None:
    head = b"GET / HTTP/1.1\r\nhost: h\r\nx-y: " + b"x" * 30_000 + b"\r\n\r\n"
    last = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
    answer = said(gateway, *[head[:500], head[500:]] * 20, last)
    assert answer.count(b"HTTP/1.1 200 ") == 21


def test_a_large_body_may_come_with_its_head(gateway: Program) -> None:
    body = b"x" * 100_000
    length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
    answer = said(gateway, BEGIN + length + body)
    assert answer.startswith(b"HTTP/1.1 200 ")  # the versions are everybody's
