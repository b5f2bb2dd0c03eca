# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The clouds of a walk, faked on sockets: each fixture's clouds are its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.walk.clouds import Clouds
from demo.walk.scene import OPERATOR, USER
from tests.unit.demo.walk.cloud import FakeCloud, serving, write_clouds


@dataclass(frozen=True)
class World:
    """The central region, as user and operator see it, the pods, and all clouds."""

    central: FakeCloud
    pod1: FakeCloud
    pod2: FakeCloud
    clouds: Clouds


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Clouds that are empty."""
    central, pod1, pod2 = FakeCloud(), FakeCloud(), FakeCloud()
    with ExitStack() as stack:
        url = stack.enter_context(serving(central))
        urls = {USER: url, OPERATOR: url}
        urls["pod1"] = stack.enter_context(serving(pod1))
        urls["pod2"] = stack.enter_context(serving(pod2))
        clouds = Clouds(write_clouds(tmp_path / "clouds.yaml", urls))
        yield World(central, pod1, pod2, clouds)
