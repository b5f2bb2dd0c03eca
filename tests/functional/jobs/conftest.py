# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A database with a table of effects, and workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.functional.jobs.fleet import Fleet
from tests.functional.jobs.handlers import EFFECTS, METADATA
from tests.functional.jobs.ledger import Ledger
from tricircle.db.engine import Database


@pytest.fixture
def effects(database: Database) -> Iterator[Database]:
    """The database, with an empty table of effects."""
    METADATA.create_all(database.engine)
    with database.write() as session:
        session.execute(delete(EFFECTS))
    yield database
    METADATA.drop_all(database.engine)


@pytest.fixture
def fleet(url: str, effects: Database, tmp_path: Path) -> Iterator[Fleet]:
    """Workers on that database, which end with the test."""
    started = Fleet(url, tmp_path)
    yield started
    started.end()


@pytest.fixture
def ledger(effects: Database) -> Ledger:
    """What is in that database."""
    return Ledger(effects)
