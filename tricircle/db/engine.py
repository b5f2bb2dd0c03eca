# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Connections and transactions, and trying again when the database says so.

SQLAlchemy's own engine, with what differs between the servers made equal: READ
COMMITTED, strict types, a bound for waiting on a lock, and on SQLite foreign keys
and transactions that take their lock when they begin.

oslo.db would give retries too, but for a process-wide engine, by matching messages,
and without types; here it is one loop and a table of codes (``faults``).
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from oslo_config import cfg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from tricircle.conf import database as database_conf
from tricircle.db.errors import DatabaseUnavailable, DatabaseUnusable
from tricircle.db.faults import is_passing

LOG = logging.getLogger(__name__)

_T = TypeVar("_T")

#: The driver that we test with, where a URL names none. MariaDB is reached as MySQL,
#: so that tables get the options that ``models`` declares for it.
_DRIVERS = {
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "mysql": "mysql+pymysql",
    "postgresql": "postgresql+psycopg",
}

_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0


class Database:
    """A database of Tricircle, for all threads of a process.

    ``url`` is SQLAlchemy's; all times are in seconds. Nothing is connected before
    the first transaction. DatabaseUnusable if the URL can't be used.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        max_overflow: int = 20,
        pool_timeout: float = 10,
        pool_recycle: int = 3600,
        connect_timeout: int = 5,
        lock_timeout: int = 10,
        retry_time: float = 15,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        address = _address(url)
        self.engine: Engine = create_engine(
            address,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout,
            pool_recycle=pool_recycle,
            pool_pre_ping=True,
            **_options(address, connect_timeout, lock_timeout),
        )
        if address.get_backend_name() == "sqlite":
            _tame_sqlite(self.engine)
        self._writing = self.engine.execution_options(tricircle_writes=True)
        self._altering = self._writing.execution_options(tricircle_alters=True)
        self._retry_time = retry_time
        self._pause = pause

    def read(self) -> AbstractContextManager[Session]:
        """Open a transaction that only looks; whatever it changed is dropped.

        DatabaseUnavailable if it ended by a lost connection or a deadlock. Objects
        that it loaded can be used after it.
        """
        return self._session(self.engine, keep=False)

    def write(self) -> AbstractContextManager[Session]:
        """Open a transaction that commits at the end, or drops all on an exception.

        DatabaseUnavailable as for ``read``; ``retried`` tries again by itself.
        """
        return self._session(self._writing, keep=True)

    def alter(self) -> AbstractContextManager[Session]:
        """Open a transaction like ``write``, in which tables may be changed.

        SQLite changes a table by making it anew: what refers to it must not notice.
        """
        return self._session(self._altering, keep=True)

    def retried(self, work: Callable[[Session], _T]) -> _T:
        """Run ``work`` in a writing transaction, again if it has to be.

        ``work`` runs from its beginning in each try, so it must do nothing but use
        the session it is given. A connection that breaks during a commit leaves
        open whether that happened: ``work`` must do right in both cases.
        DatabaseUnavailable when ``retry_time`` is over.
        """
        return self._again(self.write, work)

    def retried_read(self, work: Callable[[Session], _T]) -> _T:
        """Run ``work`` in a transaction that only looks, again if it has to be."""
        return self._again(self.read, work)

    def dispose(self) -> None:
        """Close all connections; the next transaction opens new ones."""
        self.engine.dispose()

    def _again(
        self,
        transaction: Callable[[], AbstractContextManager[Session]],
        work: Callable[[Session], _T],
    ) -> _T:
        end = time.monotonic() + self._retry_time
        longest = _FIRST_PAUSE
        while True:
            try:
                with transaction() as session:
                    return work(session)
            except DatabaseUnavailable as error:
                # Two that fought for the same rows must not meet again at once.
                pause = random.uniform(0, longest)  # noqa: S311 (no secret)
                if time.monotonic() + pause > end:
                    raise
                LOG.warning("Trying a transaction again: %s", error)
            self._pause(pause)
            longest = min(longest * 2, _LONGEST_PAUSE)

    @contextmanager
    def _session(self, engine: Engine, *, keep: bool) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session:
                yield session
                if keep:
                    session.commit()
        except SQLAlchemyError as error:
            if not is_passing(error):
                raise
            cause = getattr(error, "orig", None) or error
            raise DatabaseUnavailable(
                f"the database at {self.engine.url.host or 'its socket or file'}"
                f" did not answer as it should: {cause}"
            ) from error


def from_conf(conf: cfg.ConfigOpts, group: str = database_conf.GROUP) -> Database:
    """Return the database that section ``group`` of ``conf`` names."""
    section = conf[group]
    return Database(
        section.connection,
        pool_size=section.max_pool_size,
        max_overflow=section.max_overflow,
        pool_timeout=section.pool_timeout,
        pool_recycle=section.connection_recycle_time,
        connect_timeout=section.connect_timeout,
        lock_timeout=section.lock_timeout,
        retry_time=section.retry_time,
    )


def _address(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        # Its message would repeat the URL, which has a password in it.
        raise DatabaseUnusable(
            "[database] connection is no URL; write it like"
            " mysql://USER:PASSWORD@HOST/DATABASE"
        ) from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in {"mysql", "postgresql", "sqlite"}:
        raise DatabaseUnusable(
            f"[database] connection names {url.drivername}; Tricircle can use"
            " mysql, postgresql or sqlite"
        )
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        raise DatabaseUnusable(
            "each connection would have an in-memory SQLite database of its own;"
            " name a file: sqlite:////path/of/a/file"
        )
    return url


def _options(url: URL, connect_timeout: int, lock_timeout: int) -> dict[str, Any]:
    backend = url.get_backend_name()
    if backend == "sqlite":
        return {"connect_args": {"timeout": lock_timeout}}
    if backend == "mysql":
        setup = (
            "SET SESSION sql_mode='TRADITIONAL', time_zone='+00:00',"
            f" innodb_lock_wait_timeout={lock_timeout:d}"
        )
        arguments: dict[str, Any] = {"init_command": setup, "charset": "utf8mb4"}
    else:
        arguments = {"options": f"-c timezone=UTC -c lock_timeout={lock_timeout:d}s"}
    arguments["connect_timeout"] = connect_timeout
    return {"connect_args": arguments, "isolation_level": "READ COMMITTED"}


def _tame_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connected(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # Python would begin transactions when it likes to; "begun" does it instead.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A reader that turns writer can't wait for another writer: it would fail.
        options = connection.get_execution_options()
        # It has no effect inside a transaction.
        keys = "OFF" if options.get("tricircle_alters") else "ON"
        connection.exec_driver_sql(f"PRAGMA foreign_keys = {keys}")
        writes = options.get("tricircle_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
