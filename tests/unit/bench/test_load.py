# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What wrk is told, and what is read of what it says; large bodies over sockets."""

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench import load
from bench.errors import BenchError
from bench.load import Ask


def test_each_path_and_the_body_are_in_the_script() -> None:
    text = load.script(Ask(1, ["/a", "/b"], 1, 1, "POST", '{"x": "y"}'))
    assert 'local paths, requests, at = { "/a", "/b" }, {}, 0' in text
    assert r'wrk.format("POST", path, nil, "{\"x\": \"y\"}")' in text
    assert 'wrk.headers["Content-Type"] = "application/json"' in text


def test_what_the_script_says_is_read() -> None:
    said = (
        '{"requests": 10, "microseconds": 2000000, "median": 1500.0, "p99": 3000.0,'
        ' "refused": 1, "broken": 2}'
    )
    read = load.parse(f"Running 2s test\n\nresult {said}\n", 0.5)
    assert (read.requests, read.rate, read.failed) == (10, 5.0, 3)
    assert (read.median, read.p99, read.generator) == (0.0015, 0.003, 0.5)


def test_silence_is_an_error() -> None:
    with pytest.raises(BenchError, match="did not say"):
        load.parse("unable to connect", 0.0)


@contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve one connection."""

    def run() -> None:
        connection, _ = listening.accept()
        with connection:
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=run)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def test_a_body_is_read_to_its_end() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
        connection.sendall(b"def")

    with answering(serve) as port:
        assert load.download(port, "/x") == 6


def test_a_body_that_breaks_off_is_an_error() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")

    with answering(serve) as port, pytest.raises(BenchError, match="3 bytes of 6"):
        load.download(port, "/x")


def test_a_refusal_is_an_error() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n")

    with answering(serve) as port, pytest.raises(BenchError, match="503 Away"):
        load.download(port, "/x")


def test_who_waits_and_who_was_answered_is_told_apart() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        load.stuck(listening.getsockname()[1], ["/a", "/b"]) as held,
    ):
        assert held.waiting() == 2
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            assert select.select([held.connections[0]], [], [], 10)[0]
            assert held.waiting() == 1
