# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Which errors of a database driver vanish when the transaction is tried again.

Decided by the codes that the servers define, not by the words of a message, which
are translated and change.
"""

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_MYSQL = {
    1020,  # another transaction changed a row since we read it
    1040,  # too many connections
    1047,  # a Galera node that is not ready
    1053,  # the server is going down
    1205,  # a lock was held for too long
    1213,  # deadlock
    1305,  # a deadlock took our savepoint away with the rest of the transaction
    1927,  # the connection was killed
    2002,  # nobody listens on the socket
    2003,  # nobody listens on the port
    2006,  # the server has gone away
    2013,  # lost connection during a query
}

_POSTGRESQL = {
    "40001",  # could not serialize
    "40P01",  # deadlock
    "53300",  # too many connections
    "55P03",  # a lock was held for too long
    "57P01",  # the server is going down, or the connection was terminated
    "57P02",  # the server crashed
    "57P03",  # the server is starting
}
_POSTGRESQL_CONNECTION = "08"

_SQLITE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_passing(error: SQLAlchemyError) -> bool:
    """Say whether the same transaction may succeed if it is tried again."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or _is_passing_cause(error)


def _is_passing_cause(error: DBAPIError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        # The low byte is the primary code, the others say more about it.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    if cause is None:
        return False
    # PyMySQL has numbers, and lately a sqlstate too, which says less.
    if cause.args and isinstance(cause.args[0], int):
        return cause.args[0] in _MYSQL
    if hasattr(cause, "sqlstate"):
        return _is_passing_state(cause.sqlstate, type(cause).__name__)
    return False


def _is_passing_state(state: str | None, name: str) -> bool:
    if state is None:
        # psycopg: the error is about the connection, the server said nothing.
        return name == "OperationalError"
    return state in _POSTGRESQL or state.startswith(_POSTGRESQL_CONNECTION)
