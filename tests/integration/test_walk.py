# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The walk of ``make demo``: it goes to its end, and never leaves anything behind."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from demo.walk import leftovers
from demo.walk.clouds import Clouds
from demo.walk.scene import scene
from lab.paths import SOURCE
from tests.integration.bench import PATHS, TOPOLOGY
from tests.integration.waiting import wait_for

SCENE = scene(TOPOLOGY)
BOOTING = "A server in each zone"


@contextmanager
def walking(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A walk at work, which prints into a file."""
    command = [sys.executable, "-u", "-m", "demo"]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=SOURCE, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def has_begun(step: str, log: Path) -> bool:
    return step in log.read_text()


def assert_nothing_is_left() -> None:
    clouds = Clouds(PATHS.clouds)
    assert not leftovers.remove(clouds, lambda _: None)
    leftovers.check_names(clouds, SCENE)


@pytest.mark.timeout(900)
def test_a_walk_goes_to_its_end_even_where_one_was_killed(tmp_path: Path) -> None:
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with walking(killed) as process:
        wait_for(lambda: has_begun(BOOTING, killed), "servers to be booted", 300)
        process.kill()

    with walking(whole) as process:
        assert process.wait(timeout=500) == 0, whole.read_text()
    output = whole.read_text()
    first, _, rest = output.partition("3 of ")
    assert "removing " in first
    for row in ("network ", "subnet ", "security group "):
        assert len(re.findall(rf"^\| {row}.* Pod\d ", rest, re.MULTILINE)) == len(
            TOPOLOGY.pods
        )
    for zone in SCENE.zones:
        assert re.search(rf"^\| server +\| {zone.server} .* {zone.pod} ", rest, re.M)
        assert re.search(rf"^\| volume +\| {zone.volume} .* {zone.pod} ", rest, re.M)
    secrets = json.loads(PATHS.credentials.read_text()).values()
    assert not [secret for secret in secrets if secret in output]
    assert "gAAAA" not in output, "a token was printed"
    assert_nothing_is_left()


@pytest.mark.timeout(600)
def test_a_walk_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with walking(log) as process:
        wait_for(lambda: has_begun(BOOTING, log), "servers to be booted", 300)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=300) == 130, log.read_text()
    assert log.read_text().splitlines()[-1].endswith("interrupted")
    assert_nothing_is_left()


def test_the_files_to_go_on_with_are_for_their_owner_alone() -> None:
    for name in ("clouds.yaml", "openrc-demo", "openrc-admin"):
        assert (PATHS.root / name).stat().st_mode & 0o777 == 0o600
