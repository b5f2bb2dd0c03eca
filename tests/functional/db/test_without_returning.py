# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""MySQL has no RETURNING, MariaDB has: the same tests, on a MariaDB that forgot it."""

from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event

from tests.functional.db import test_binding, test_registry, test_routing
from tests.functional.jobs import test_queue
from tricircle.db.engine import Database

pytestmark = pytest.mark.parametrize(
    "backend", ["mariadb"], indirect=True, scope="session"
)


@pytest.fixture
def database(database: Database) -> Database:
    """A database that can't return rows from a change."""
    engine = database.engine
    with engine.connect():
        pass  # only now SQLAlchemy knows what the server can
    assert engine.dialect.insert_returning
    for able in ("insert_returning", "delete_returning", "update_returning"):
        setattr(engine.dialect, able, False)

    @event.listens_for(engine, "before_cursor_execute")
    def before(_: Any, __: Any, statement: str, *___: Any) -> None:
        assert "RETURNING" not in statement

    return database


def _borrow(module: ModuleType) -> None:
    name = module.__name__.rpartition(".")[2]
    for key, found in vars(module).items():
        if key.startswith("test_"):
            globals()[f"{name}_{key.removeprefix('test_')}"] = found


for _module in (test_binding, test_queue, test_registry, test_routing):
    _borrow(_module)
