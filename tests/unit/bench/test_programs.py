# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Programs run as long as their block, and their configuration stays on loopback."""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench import gateway, nginx, processes
from bench.addresses import free_ports
from bench.errors import BenchError

_ROOT = Path(__file__).parents[3]
_LISTEN = """
import socket, sys, time
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
time.sleep(60)
"""


def test_a_program_is_gone_after_its_block(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    words = [sys.executable, "-c", _LISTEN, str(port)]
    with processes.running(words, tmp_path / "log") as process:
        processes.await_ports(process, [port], tmp_path / "log")
        assert psutil.pid_exists(process.pid)
    assert not psutil.pid_exists(process.pid)


def test_a_program_that_ends_at_once_is_told_of_with_its_words(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "raise SystemExit('no luck')"]
    with (
        processes.running(words, tmp_path / "log") as process,
        pytest.raises(BenchError, match="no luck"),
    ):
        processes.await_ports(process, free_ports(1), tmp_path / "log")


def test_nothing_outlives_a_benchmark_that_is_killed(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import time; time.sleep(60)"]
    held = f"""
import pathlib, sys
from bench import processes
with processes.running({words!r}, pathlib.Path({str(tmp_path / "log")!r})) as process:
    print(process.pid, flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", held]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    # Its parent is gone, so nobody may have taken note of its end.
    with contextlib.suppress(psutil.TimeoutExpired):
        child.wait(10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_a_command_that_fails_says_why() -> None:
    words = [sys.executable, "-c", "raise SystemExit('no luck')"]
    with pytest.raises(BenchError, match="the command ended with 1:\nno luck"):
        processes.finish(words, "the command")


def test_ports_differ() -> None:
    assert len(set(free_ports(50))) == 50


def test_nginx_listens_on_loopback_only(tmp_path: Path) -> None:
    texts = [
        nginx.regions(tmp_path, 5000, [8774, 8775], tmp_path / "big"),
        nginx.proxy(tmp_path, [(80, [8774, 8775])]),
    ]
    heard = [found for text in texts for found in re.findall(r"listen (\S+)", text)]
    assert heard == [f"127.0.0.1:{port}" for port in (5000, 8774, 8775, 80)]


def test_what_nginx_reads_at_once_is_not_too_long_for_it(tmp_path: Path) -> None:
    text = nginx.regions(tmp_path, 65535, [65535], tmp_path / "big")
    assert max(map(len, re.findall(r"'[^']*'", text))) < 4096


def test_the_gateway_has_its_default_settings() -> None:
    text = gateway.configuration(5000, Path("/x/main.db"), 8774, 8776, 2)
    section = text.partition("[gateway]\n")[2].partition("[")[0]
    keys = [line.partition(" =")[0] for line in section.splitlines()]
    assert keys == ["bind_host", "compute_port", "volume_port", "workers"]
