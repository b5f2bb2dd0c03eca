# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnusable
from tricircle.db.models import Base, Binding, Health, Job, Pod, PodState, Route, new_id
from tricircle.jobs import queue

HEAD = "0003"

#: A pod, as the first version of the schema has it.
FIRST_POD = """
INSERT INTO pods (id, name, az_name, is_central, pod_az_name, dc_name, state,
                  capabilities, created_at, updated_at)
VALUES (:id, :name, :az_name, :is_central, '', '', 'cordoned', '{"compute": {}}',
        '2026-01-01 00:00:00', '2026-02-02 00:00:00')
"""


def test_the_migrated_schema_is_the_models(empty_url: str) -> None:
    database = Database(empty_url)
    assert migration.version(database) == migration.Version(None, HEAD)
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
        assert there - {"capabilities", "details", "services"} == wanted
    database.dispose()


def test_migrating_twice_does_nothing_the_second_time(empty_url: str) -> None:
    database = Database(empty_url)
    migration.sync(database)
    assert migration.sync(database).is_current
    database.dispose()


def test_what_is_there_stays(empty_url: str) -> None:
    database = Database(empty_url)
    migration.sync(database, "0001")
    central = {"id": new_id(), "name": "R", "az_name": None, "is_central": True}
    pod = {"id": new_id(), "name": "P", "az_name": "az1", "is_central": None}
    with database.write() as session:
        for row in (central, pod):
            session.execute(text(FIRST_POD), row)
        where = {"project_id": "p", "pod_id": pod["id"]}
        session.add(Binding(az_name="az1", is_current=True, **where))
        session.add(Route(resource_type="server", resource_id="s", **where))
        queue.enqueue(session, "network", "n", str(pod["id"]), "p")
    assert migration.sync(database).current == "0001"
    with database.read() as session:
        for row in (central, pod):
            there = session.get_one(Pod, row["id"])
            assert {key: getattr(there, key) for key in row} == row
            assert (there.state, there.capabilities) == ("cordoned", {"compute": {}})
            assert (there.health, there.health_since) == (Health.UP, there.updated_at)
            assert (there.services, there.checked_at) == ({}, None)
        for noun in (Binding, Route, Job):
            assert session.scalars(select(noun.pod_id)).all() == [pod["id"]]
        session.get_one(Pod, pod["id"]).state = PodState.LEAVING
        session.flush()
    # Whatever was made anew: what refers to it still does.
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text("DELETE FROM pods WHERE az_name IS NOT NULL"))
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
    assert sorted(found, key=str) == [HEAD, HEAD, HEAD, None]


def test_a_newer_schema_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    migration.sync(database)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseUnusable, match="9999"):
        migration.sync(database)
    database.dispose()
