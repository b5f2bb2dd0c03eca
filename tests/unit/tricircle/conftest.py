# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What tests of several packages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tricircle.db import migration
from tricircle.db.engine import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A database with all tables, and nothing in them."""
    made = Database(f"sqlite:///{tmp_path}/db.sqlite")
    migration.sync(made)
    yield made
    made.dispose()
