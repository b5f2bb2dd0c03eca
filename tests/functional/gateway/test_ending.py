# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The gateway ends when it is told to, whatever it was just doing."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.functional.gateway.program import HOST, PATIENCE, program


def test_a_signal_ends_it_while_it_waits_for_its_database(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as silent:
        silent.settimeout(PATIENCE)
        port = silent.getsockname()[1]
        url = f"mysql+pymysql://tricircle@{HOST}:{port}/tricircle"
        with program(tmp_path, database=url) as gateway:
            waiting, _ = silent.accept()
            gateway.signal()
            assert gateway.until_all_are_gone() == -signal.SIGTERM
            waiting.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_ends_all_of_it_at_any_moment_of_its_start(
    tmp_path: Path, workers: int
) -> None:
    with program(tmp_path, workers=workers) as gateway:
        begun = time.monotonic()
        gateway.until_it_listens()
        usual = time.monotonic() - begun
        gateway.signal()
        assert gateway.until_all_are_gone() == 0
    for number in range(6):
        with program(tmp_path, workers=workers) as gateway:
            time.sleep(usual * number / 5)
            gateway.signal(signal.SIGINT if number % 2 else signal.SIGTERM)
            gateway.until_all_are_gone()


def test_workers_end_when_nobody_is_there_to_tell_them(tmp_path: Path) -> None:
    with program(tmp_path, workers=2) as gateway:
        gateway.until_it_listens()
        gateway.signal(signal.SIGKILL)
        gateway.until_all_are_gone()


def test_all_end_with_an_error_when_one_does(tmp_path: Path) -> None:
    with program(tmp_path, workers=2) as gateway:
        gateway.until_it_listens()
        children = Path(f"/proc/{gateway.process.pid}/task/{gateway.process.pid}")
        pids = (children / "children").read_text().split()
        workers = [pid for pid in pids if b"spawn_main" in _words(pid)]
        assert len(workers) == 2
        os.kill(int(workers[0]), signal.SIGKILL)
        assert gateway.until_all_are_gone() == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_one_is_refused_unless_it_is_to_take_over(
    tmp_path: Path, workers: int
) -> None:
    def home(name: str) -> Path:
        made = tmp_path / name
        made.mkdir()
        return made

    with program(home("first"), workers=workers) as first:
        first.until_it_listens()
        port = f"compute_port = {first.compute}"
        with program(home("second"), settings=port, workers=workers) as second:
            assert second.until_all_are_gone() == 2
            said = second.log.read_text()
            assert f"somebody listens on {HOST}, port {first.compute}, already" in said
        assert first.listens()
        settings = f"{port}\nshare_ports = true"
        with program(home("third"), settings=settings, workers=workers) as third:
            first.signal()
            assert first.until_all_are_gone() == 0
            third.compute = first.compute
            third.until_it_listens()


def _words(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()
