# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What tests share that have a real Neutron."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.network.process import Neutron, running
from tricircle.db.engine import Database


@pytest.fixture(scope="module")
def neutron(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Neutron]:
    """A Neutron that has the module's database."""
    folder: Path = tmp_path_factory.mktemp("neutron")
    with running(folder, database.engine.url.render_as_string()) as api:
        yield api
