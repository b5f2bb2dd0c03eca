# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The one clock that jobs go by: the database's.

Leases and due times are compared with each other across machines. Were they written
by the workers' clocks, a worker whose clock is ahead would take over jobs whose
holders are alive, and no tolerance would be right for everyone. All workers talk to
the database anyway, so its clock is the one that they share. A worker's own clock
only measures how long ago something was (``time.monotonic``), and is read *before*
the database's, so that a worker believes that its lease ends before it does.

If the database's clock leaps ahead, leases end early: that is what fences are for.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from tricircle.db.models.base import Instant


class DatabaseNow(FunctionElement[datetime]):
    """The database's time in UTC, as an expression."""

    inherit_cache = True
    type = Instant()


@compiles(DatabaseNow, "mysql", "mariadb")
def _mysql(element: DatabaseNow, compiler: Any, **options: Any) -> str:
    return "UTC_TIMESTAMP(6)"


@compiles(DatabaseNow, "postgresql")
def _postgresql(element: DatabaseNow, compiler: Any, **options: Any) -> str:
    # NOW() is when the transaction began, which may be a while ago.
    return "(statement_timestamp() AT TIME ZONE 'UTC')"


@compiles(DatabaseNow, "sqlite")
def _sqlite(element: DatabaseNow, compiler: Any, **options: Any) -> str:
    # It knows milliseconds; stored are six digits.
    return "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"


class DatabaseSoon(FunctionElement[datetime]):
    """A time from now until ``seconds`` later, another one for each row."""

    inherit_cache = True
    type = Instant()

    def __init__(self, seconds: float) -> None:
        super().__init__(literal(int(1000 * seconds), Integer()))


@compiles(DatabaseSoon, "mysql", "mariadb")
def _mysql_soon(element: DatabaseSoon, compiler: Any, **options: Any) -> str:
    most = compiler.process(element.clauses, **options)
    wait = f"INTERVAL FLOOR(RAND() * 1000 * {most}) MICROSECOND"
    return f"(UTC_TIMESTAMP(6) + {wait})"


@compiles(DatabaseSoon, "postgresql")
def _postgresql_soon(element: DatabaseSoon, compiler: Any, **options: Any) -> str:
    most = compiler.process(element.clauses, **options)
    wait = f"random() * {most} * INTERVAL '1 millisecond'"
    return f"(statement_timestamp() AT TIME ZONE 'UTC' + {wait})"


@compiles(DatabaseSoon, "sqlite")
def _sqlite_soon(element: DatabaseSoon, compiler: Any, **options: Any) -> str:
    most = compiler.process(element.clauses, **options)
    # Its random numbers are integers of 64 bits.
    wait = f"(abs(random() % 1000) * {most} / 1000000.0) || ' seconds'"
    return f"(strftime('%Y-%m-%d %H:%M:%f', 'now', {wait}) || '000')"


def now(session: Session) -> datetime:
    """Return the database's time, aware."""
    return session.scalars(select(DatabaseNow())).one()
