# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, text

from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnusable
from tricircle.db.models import Base


def test_the_migrated_schema_is_the_models(empty_url: str) -> None:
    database = Database(empty_url)
    assert migration.version(database) == migration.Version(None, "0001")
    assert migration.sync(database).current is None
    assert migration.version(database).is_current
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.dispose()


def test_the_migrated_checks_are_the_models(empty_url: str) -> None:
    # Alembic does not compare these.
    database = Database(empty_url)
    migration.sync(database)
    found = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        wanted = {
            str(constraint.name)
            for constraint in table.constraints
            if isinstance(constraint, CheckConstraint)
        }
        there = {check["name"] for check in found.get_check_constraints(table.name)}
        # MariaDB makes one of its own for each column of JSON.
        assert there - {"capabilities", "details"} == wanted
    database.dispose()


def test_migrating_twice_does_nothing_the_second_time(empty_url: str) -> None:
    database = Database(empty_url)
    migration.sync(database)
    assert migration.sync(database).is_current
    database.dispose()


def test_two_that_migrate_at_once_do_it_once(empty_url: str) -> None:
    at_once = threading.Barrier(4)

    def sync() -> str | None:
        database = Database(empty_url)
        at_once.wait()
        before = migration.sync(database)
        database.dispose()
        return before.current

    with ThreadPoolExecutor(4) as pool:
        found = [future.result() for future in [pool.submit(sync) for _ in "1234"]]
    assert sorted(found, key=str) == ["0001", "0001", "0001", None]


def test_a_newer_schema_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    migration.sync(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="9999"):
        migration.sync(database)
    database.dispose()
