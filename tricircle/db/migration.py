# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Bringing the schema of a database to the version of this program.

Two that migrate at once do it one after the other: on MariaDB and MySQL a named lock
is held (in a Galera cluster it belongs to one node: migrate through one), on
PostgreSQL an advisory lock, and on SQLite the file itself. On MariaDB and MySQL a
change of a table can't be rolled back: a migration that was killed may need repair
by hand; on the others it happens as a whole or not at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable, DatabaseUnusable

#: The name of the lock; PostgreSQL wants a number.
_NAME = "tricircle-db-sync"
_NUMBER = 0x7472_6963_6972_636C  # "tricircl"

_SECONDS = 60


@dataclass(frozen=True)
class Version:
    """The revision that a database has, None if empty, and the newest one."""

    current: str | None
    head: str | None

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to migrate."""
        return self.current == self.head


def version(database: Database) -> Version:
    """Return the revision of ``database`` and the newest that this program knows."""
    with database.read() as session:
        return _version(session.connection())


def sync(database: Database, to: str = "head") -> Version:
    """Migrate ``database`` to the newest revision; do nothing if it is there.

    ``to`` is a revision on the way, to stop at. Returns the versions from before.
    DatabaseUnusable if the database was migrated by a newer program;
    DatabaseUnavailable if another migration takes too long.
    """
    # The lock has a connection of its own, so that it outlives the commit.
    with _alone(database), database.alter() as session:
        before = _version(session.connection())
        config = _config()
        config.attributes["connection"] = session.connection()
        try:
            command.upgrade(config, to)
        except CommandError as error:
            raise DatabaseUnusable(
                f"the database has revision {before.current}, which this version of"
                f" Tricircle does not know: {error}"
            ) from error
    return before


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "tricircle.db:migrations")
    return config


def _version(connection: Connection) -> Version:
    return Version(
        MigrationContext.configure(connection).get_current_revision(),
        ScriptDirectory.from_config(_config()).get_current_head(),
    )


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    with database.read() as session:
        dialect = session.connection().dialect.name
        if dialect == "postgresql":
            _advisory_lock(session)
        elif dialect == "mysql":
            _named_lock(session)
        else:
            session.rollback()  # the writing transaction takes SQLite's only lock
        try:
            yield
        finally:
            if dialect == "mysql":
                session.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _NAME})


def _advisory_lock(session: Session) -> None:
    # It ends with the transaction.
    session.execute(text(f"SET LOCAL lock_timeout = '{_SECONDS}s'"))
    statement = text("SELECT pg_advisory_xact_lock(:number)")
    session.execute(statement, {"number": _NUMBER})


def _named_lock(session: Session) -> None:
    statement = text("SELECT GET_LOCK(:name, :seconds)")
    if session.scalar(statement, {"name": _NAME, "seconds": _SECONDS}) != 1:
        raise DatabaseUnavailable(
            f"another migration has held the lock {_NAME} for over {_SECONDS} s;"
            " SHOW PROCESSLIST tells who it is"
        )
