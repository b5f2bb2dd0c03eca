# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Each test runs on SQLite, MariaDB and PostgreSQL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete

from tests.functional.db.servers import Server, mariadb, postgresql
from tricircle.db import migration
from tricircle.db.engine import Database
from tricircle.db.models import Base, Pod
from tricircle.pods import registry

BACKENDS = ("sqlite", "mariadb", "postgresql")

type_of_server = {"mariadb": mariadb, "postgresql": postgresql}


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], Server]]:
    """A server by the name of its kind, started when it is first wanted."""
    with ExitStack() as stack:
        yield cache(lambda kind: stack.enter_context(type_of_server[kind]()))


@pytest.fixture(scope="session", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def empty_url(
    backend: str, server_of: Callable[[str], Server], tmp_path: Path
) -> Iterator[str]:
    """The URL of a database without tables."""
    if backend == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite"
        return
    name = f"t{uuid4().hex}"
    yield server_of(backend).create(name)
    server_of(backend).drop(name)


@pytest.fixture(scope="session")
def url(
    backend: str,
    server_of: Callable[[str], Server],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The URL of a migrated database, which the tests share."""
    if backend == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('db')}/shared.sqlite"
    else:
        address = server_of(backend).create("shared")
    made = Database(address)
    migration.sync(made)
    made.dispose()
    yield address
    if backend != "sqlite":
        server_of(backend).drop("shared")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A migrated database without rows."""
    # Generous: the tests may share a busy machine.
    made = Database(
        url,
        max_overflow=50,
        pool_timeout=60,
        connect_timeout=60,
        lock_timeout=60,
        retry_time=60,
    )
    with made.write() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))
    yield made
    made.dispose()


@pytest.fixture
def pods(database: Database) -> list[Pod]:
    """Pod1 and Pod2 in az1, Pod3 in az2."""
    zones = {"Pod1": "az1", "Pod2": "az1", "Pod3": "az2"}
    with database.write() as session:
        return [
            registry.create(session, name=name, az_name=zone)
            for name, zone in zones.items()
        ]
