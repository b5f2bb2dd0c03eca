# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which errors are worth another try."""

import sqlite3

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import DBAPIError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tricircle.db.faults import is_passing


def wrapped(cause: Exception, *, lost: bool = False) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, cause, connection_invalidated=lost)


def sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("whatever it says")
    error.sqlite_errorcode = code
    return error


def mysql(code: int) -> DBAPIError:
    return wrapped(pymysql.err.OperationalError(code, "whatever it says"))


def postgresql(state: str) -> DBAPIError:
    return wrapped(psycopg.errors.lookup(state)("whatever it says"))


@pytest.mark.parametrize(
    "error",
    [
        wrapped(sqlite(sqlite3.SQLITE_BUSY)),
        wrapped(sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT)),
        wrapped(sqlite(sqlite3.SQLITE_LOCKED)),
        mysql(1213),
        mysql(1205),
        mysql(2003),
        mysql(2013),
        mysql(1305),
        postgresql("40P01"),
        postgresql("40001"),
        postgresql("55P03"),
        postgresql("57P01"),
        postgresql("08006"),
        wrapped(psycopg.OperationalError("connection refused")),
        wrapped(RuntimeError(), lost=True),
        PoolTimeout(),
    ],
)
def test_worth_another_try(error: SQLAlchemyError) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(sqlite(sqlite3.SQLITE_CONSTRAINT)),
        wrapped(sqlite3.OperationalError("no such table")),
        mysql(1062),  # duplicate
        mysql(4025),  # a check failed
        mysql(1146),  # no such table
        postgresql("23505"),  # duplicate
        postgresql("42P01"),  # no such table
        wrapped(psycopg.ProgrammingError("no cursor")),
        wrapped(RuntimeError()),
        InvalidRequestError(),
    ],
)
def test_the_same_the_next_time(error: SQLAlchemyError) -> None:
    assert not is_passing(error)
