# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The lab stops, refuses to start, is interrupted, and comes back as it was."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lab.fabric import namespaces
from lab.paths import SOURCE
from lab.processes import find
from lab.topology import Pod, Port
from tests.integration.bench import PATHS, TOPOLOGY, Bench
from tests.integration.conftest import Pair
from tests.integration.program import lab
from tests.integration.servers import boot, delete, wait_for_address
from tests.integration.traffic import pings
from tests.integration.waiting import wait_for


@pytest.fixture(scope="module")
def pod() -> Pod:
    """One pod is enough: all stop and start together."""
    return TOPOLOGY.pods[0]


@pytest.fixture
def stopped() -> Iterator[None]:
    """The lab is down, and comes up again after the test."""
    done = lab("down")
    assert done.returncode == 0, done.stdout
    yield
    done = lab("up")
    assert done.returncode == 0, done.stdout


@pytest.fixture
def starting(stopped: None) -> Iterator[subprocess.Popen[str]]:
    """``lab up`` at work, some services started already."""
    command = [sys.executable, "-m", "lab", "up"]
    with subprocess.Popen(
        command,
        cwd=SOURCE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        wait_for(lambda: len(find(PATHS.root)) >= 12, "some services to be started")
        yield process


def left_over() -> list[str]:
    files = [str(PATHS.run)] if PATHS.run.exists() else []
    return [*find(PATHS.root), *namespaces(), *files]


@pytest.mark.timeout(600)
def test_servers_are_back_after_the_lab_was_stopped(bench: Bench, pair: Pair) -> None:
    (server,) = boot(bench, pair.network, "lasting")
    near = pair.first.namespace
    wait_for(lambda: pings(near, server.address), "a server to answer")

    assert lab("down").returncode == 0
    assert left_over() == []
    done = lab("up")
    assert done.returncode == 0, done.stdout
    assert "READY in " in done.stdout.splitlines()[-1]

    assert bench.user.compute.get_server(server.id).status == "ACTIVE"
    wait_for_address(server.namespace, server.mac, server.address)
    wait_for(lambda: pings(near, server.address), "a server to answer again")
    delete(bench, server.id)


@pytest.mark.timeout(600)
def test_an_address_in_use_stops_the_start_before_it_begins(stopped: None) -> None:
    place = (TOPOLOGY.central.address, int(Port.KEYSTONE))
    with socket.create_server(place):
        done = lab("up")
    assert done.returncode == 1
    assert done.stdout.startswith(
        f"lab: regionone-keystone-api needs {place[0]}:{place[1]}, "
        f"but process {os.getpid()} "
    )
    assert find(PATHS.root) == {}


@pytest.mark.timeout(600)
def test_an_interrupted_start_leaves_nothing_running(
    starting: subprocess.Popen[str],
) -> None:
    os.killpg(starting.pid, signal.SIGINT)
    output, _ = starting.communicate(timeout=120)
    assert starting.returncode == 130, output
    assert "lab: interrupted" in output
    assert find(PATHS.root) == {}


@pytest.mark.timeout(600)
def test_what_a_killed_start_left_is_known_and_stopped(
    starting: subprocess.Popen[str],
) -> None:
    starting.kill()
    starting.wait()
    assert find(PATHS.root), "the services died with the program that started them"
    done = lab("down")
    assert done.returncode == 0, done.stdout
    assert left_over() == []
