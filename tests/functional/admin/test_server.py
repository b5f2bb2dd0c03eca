# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The program itself: it listens, serves, and ends when it is told to."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.functional.gateway.program import HOST, free_ports

SECONDS = 60


@contextmanager
def running(
    home: Path, port: int, settings: str = ""
) -> Iterator[subprocess.Popen[str]]:
    file = home / "tricircle.conf"
    file.write_text(
        f"""
[DEFAULT]
log_file = {home}/log
[database]
connection = sqlite:///{home}/db.sqlite
[messaging]
nudge = false
[admin]
bind_port = {port}
threads = 2
{settings}
[keystone]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = tricircle
password = secret
"""
    )
    command = [sys.executable, "-m", "tricircle.cmd.api", f"--config-file={file}"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def listening(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"it does not listen: {process.communicate()[1]}")


@pytest.fixture
def port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def served(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    with running(tmp_path, port) as process:
        listening(port, process)
        yield process


def test_calls_follow_each_other_on_one_connection(
    served: subprocess.Popen[str], port: int
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    for body in (None, b"{}", iter([b"{", b"}"]), None):
        client.request("GET", "/", body=body, encode_chunked=body is not None)
        answer = client.getresponse()
        assert answer.read().startswith(b'{"versions"')
        assert (answer.status, answer.getheader("Server")) == (200, "tricircle-api")


@pytest.mark.parametrize("length", [70_000, 10**12])
def test_what_is_too_large_is_not_even_read(
    served: subprocess.Popen[str], port: int, length: int
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.putrequest("POST", "/v1.0/pods")
    client.putheader("Content-Length", str(length))
    client.endheaders()
    answer = client.getresponse()
    assert answer.status == 413
    assert b"tricircle.too_large" in answer.read()
    assert answer.getheader("Connection") == "close"


def test_headers_are_bounded(served: subprocess.Popen[str], port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.request("GET", "/", headers={"X-Auth-Token": "x" * 20_000})
    assert client.getresponse().status == 413


def test_keystone_away_is_503(served: subprocess.Popen[str], port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.request("GET", "/v1.0/pods", headers={"X-Auth-Token": "any"})
    answer = client.getresponse()
    assert answer.status == 503
    assert b"tricircle.keystone.away" in answer.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(
    served: subprocess.Popen[str], port: int, number: signal.Signals
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    client.request("GET", "/")
    client.getresponse().read()  # its connection stays open
    os.kill(served.pid, number)
    assert served.wait(SECONDS) == 0


def test_calls_are_counted_by_route(tmp_path: Path, port: int) -> None:
    [metrics] = free_ports(1)
    with running(tmp_path, port, f"metrics_port = {metrics}") as process:
        listening(port, process)
        url = f"http://{HOST}:{port}"
        for path in ("/v1.0", "/v1.0/", "/v1.0/pods", "/healthcheck"):
            requests.get(f"{url}{path}", timeout=SECONDS)
        text = requests.get(f"http://{HOST}:{metrics}/metrics", timeout=SECONDS).text
    name = "tricircle_api_requests_total"
    lines = [line for line in text.splitlines() if line.startswith(name)]
    assert lines == [
        f'{name}{{method="GET",route="/v1.0",status="200"}} 2.0',
        f'{name}{{method="GET",route="",status="401"}} 1.0',
    ]
    assert 'tricircle_api_request_seconds_count{method="GET",route="/v1.0"} 2' in text


def test_a_port_that_is_taken_is_said(tmp_path: Path, port: int) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", port))),
        running(tmp_path, port) as process,
    ):
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    last = said.splitlines()[-1]
    assert last.startswith("tricircle-api: ")
    assert str(port) in last
