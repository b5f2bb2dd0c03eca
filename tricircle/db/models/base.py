# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What all tables share: constraint names, column types and the clock."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CHAR, CheckConstraint, DateTime, MetaData, String
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

#: Every constraint has a name, so that a migration can change it on any server.
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: MariaDB would otherwise take "Pod1" and "pod1" for the same name.
MYSQL_TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def text(length: int) -> TypeEngine[str]:
    """The type of a string of at most ``length`` characters.

    PostgreSQL compares by code points, like the others, not by the server's locale.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def identity() -> TypeEngine[str]:
    """The type of an id that we make: a UUID in its usual 36 characters."""
    return CHAR(36).with_variant(CHAR(36, collation="C"), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC without a zone in the database.

    A naive datetime is refused: it would be a guess.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Ask MariaDB and MySQL for microseconds; the others have them."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn an aware moment into naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC)")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give the stored moment its time zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The base of all models."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own declaration)
        datetime: Instant,
        dict[str, Any]: JSON,
        Mapping[str, Any]: JSON,
    }


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A constraint: ``column`` holds one of the states in ``values``."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def new_id() -> str:
    """A fresh random id."""
    return str(uuid.uuid4())


def now() -> datetime:
    """This moment, aware. The clock of this machine, not of the database."""
    return datetime.now(UTC)
