# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Lists in pages: so many items, after the one that was last on the page before."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from tricircle.db.models import Base
from tricircle.pods.errors import MarkerNotFound

_Row = TypeVar("_Row", bound=Base)


def page(
    session: Session,
    statement: Select[_Row],
    order: Sequence[InstrumentedAttribute[Any]],
    limit: int | None,
    marker: str | None,
) -> list[_Row]:
    """Return at most ``limit`` rows of ``statement`` that come after ``marker``.

    ``order`` are the columns to sort by, ascending; the last one must make it
    unique, or items would be lost between pages. ``marker`` is the id of a row;
    MarkerNotFound if there is none such.
    """
    if marker is not None:
        last: Base | None = session.get(
            statement.column_descriptions[0]["type"], marker
        )
        if last is None:
            raise MarkerNotFound(
                f"the marker {marker} is not in the list (any more); begin anew"
            )
        statement = statement.where(_after(order, last))
    rows = session.scalars(statement.order_by(*order).limit(limit))
    return list(rows)


def _after(
    order: Sequence[InstrumentedAttribute[Any]], last: Base
) -> ColumnElement[bool]:
    # Spelled out: MariaDB uses no index for (a, b) > (x, y).
    values = [getattr(last, column.key) for column in order]
    cases = []
    for index, column in enumerate(order):
        equal = [order[i] == values[i] for i in range(index)]
        cases.append(and_(*equal, column > values[index]))
    return or_(*cases)
