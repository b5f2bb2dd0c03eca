# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What the tests of networks share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tricircle.network.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.database.dispose()
