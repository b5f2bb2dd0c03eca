# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Asking: wrk for many calls at once, plain sockets for large bodies and for waiting.

wrk is one thread of C. How much of a processor it took is part of what it gives, so
that a run can show that it was not what limited the rates.
"""

import json
import resource
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bench import answers, processes
from bench.addresses import HOST
from bench.errors import BenchError

_TIMEOUT = 60.0
_PIECE = 1 << 20
_FEWEST = 3
_HEADERS = {
    "X-Auth-Token": answers.TOKEN,
    "OpenStack-API-Version": "compute 2.90",
    "Accept": "application/json",
    "User-Agent": "openstacksdk",
}


@dataclass(frozen=True)
class Ask:
    """Calls of one kind, each path in its turn."""

    port: int
    paths: Sequence[str]
    connections: int
    seconds: float
    method: str = "GET"
    body: str = ""
    may_fail: bool = False
    """Whether errors are what the scenario is about."""


@dataclass(frozen=True)
class Load:
    """What became of the calls."""

    requests: int
    seconds: float
    median: float
    """Latency in seconds."""
    p99: float
    failed: int
    generator: float
    """Share of one processor that wrk itself took."""

    @property
    def rate(self) -> float:
        """Calls per second of time on the wall."""
        return self.requests / self.seconds


def script(ask: Ask) -> str:
    """What wrk is to do, in Lua: texts of requests are made once, before it begins."""
    headers = dict(_HEADERS)
    if ask.body:
        headers["Content-Type"] = "application/json"
    lines = "\n".join(
        f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()
    )
    paths = ", ".join(map(_lua, ask.paths))
    body = _lua(ask.body) if ask.body else "nil"
    return f"""{lines}
local paths, requests, at = {{ {paths} }}, {{}}, 0
function init(arguments)
  for i, path in ipairs(paths) do
    requests[i] = wrk.format({_lua(ask.method)}, path, nil, {body})
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\\nresult {{"requests": %d, "microseconds": %d, "median": %f, "p99": %f, ' ..
    '"refused": %d, "broken": %d}}\\n',
    summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def _lua(text: str) -> str:
    """As a string of Lua; JSON's escapes are Lua's for what we have."""
    return json.dumps(text)


def ask(ask: Ask, directory: Path) -> Load:
    """Ask for a time; BenchError if calls failed that must not."""
    file = directory / "wrk.lua"
    file.write_text(script(ask))
    words = ["wrk", "-t1", f"-c{ask.connections}", f"-d{ask.seconds:g}s"]
    address = f"http://{HOST}:{ask.port}/"
    before = _children()
    begun = perf_counter()
    # wrk takes whole seconds only, and says so by refusing.
    output = processes.finish([*words, "--timeout", "60s", "-s", file, address], "wrk")
    share = (_children() - before) / (perf_counter() - begun)
    load = parse(output, share)
    if not ask.may_fail and (load.failed or not load.requests):
        raise BenchError(
            f"{load.failed} of {load.requests} calls failed: {ask.method} {address}"
            f" and {ask.paths[0]} there"
        )
    return load


def parse(output: str, generator: float) -> Load:
    """Read what the script says; BenchError if it says nothing."""
    for line in output.splitlines():
        if line.startswith("result "):
            told: Mapping[str, float] = json.loads(line.removeprefix("result "))
            return Load(
                requests=int(told["requests"]),
                seconds=told["microseconds"] / 1e6,
                median=told["median"] / 1e6,
                p99=told["p99"] / 1e6,
                failed=int(told["refused"] + told["broken"]),
                generator=generator,
            )
    raise BenchError(f"wrk did not say what became of its calls:\n{output}")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def repeat(port: int, path: str, seconds: float) -> list[float]:
    """Get a body again and again for a time, thrice at least; how long each took."""
    times: list[float] = []
    end = perf_counter() + seconds
    while len(times) < _FEWEST or perf_counter() < end:
        begun = perf_counter()
        download(port, path)
        times.append(perf_counter() - begun)
    return times


def download(port: int, path: str) -> int:
    """Get a body; how many bytes it had."""
    with _call(port, "GET", path, 0) as connection:
        buffer = bytearray(_PIECE)
        length, count = _head(connection, buffer)
        while count < length:
            got = connection.recv_into(buffer)
            if not got:
                raise BenchError(f"{path}: {count} bytes of {length} came")
            count += got
        return count


def upload(port: int, path: str, size: int) -> None:
    """Post that many bytes; BenchError if they are refused."""
    with _call(port, "POST", path, size) as connection:
        piece = memoryview(bytes(_PIECE))
        for begin in range(0, size, _PIECE):
            connection.sendall(piece[: size - begin])
        _head(connection, bytearray(_PIECE))


@contextmanager
def _call(port: int, method: str, path: str, length: int) -> Iterator[socket.socket]:
    with socket.create_connection((HOST, port), timeout=_TIMEOUT) as connection:
        connection.sendall(_request(method, path, length))
        yield connection


def _request(method: str, path: str, length: int) -> bytes:
    headers = {**_HEADERS, "Host": HOST}
    if method == "POST":
        headers["Content-Type"] = "application/octet-stream"
        headers["Content-Length"] = str(length)
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def _head(connection: socket.socket, buffer: bytearray) -> tuple[int, int]:
    """Read an answer's head: the length of its body, and what came of it already."""
    came = b""
    while b"\r\n\r\n" not in came:
        got = connection.recv_into(buffer)
        if not got:
            raise BenchError(f"the connection was closed after {came!r}")
        came += buffer[:got]
    head, _, rest = came.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if first.split()[1] not in {"200", "202", "204"}:
        raise BenchError(f"{first} {rest[:200]!r}")
    headers = {
        name.lower(): value for name, _, value in (li.partition(":") for li in lines)
    }
    return int(headers.get("content-length", 0)), len(rest)


@dataclass
class Stuck:
    """Calls that wait for an answer which does not come."""

    connections: list[socket.socket] = field(default_factory=list)

    def waiting(self) -> int:
        """How many still do."""
        count = 0
        for connection in self.connections:
            connection.setblocking(False)
            try:
                connection.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                count += 1
            except OSError:
                continue
        return count


@contextmanager
def stuck(port: int, paths: Sequence[str]) -> Iterator[Stuck]:
    """Ask each path once, on a connection each, and do not wait."""
    held = Stuck()
    try:
        for path in paths:
            connection = socket.create_connection((HOST, port), timeout=_TIMEOUT)
            held.connections.append(connection)
            connection.sendall(_request("GET", path, 0))
        yield held
    finally:
        for connection in held.connections:
            connection.close()
