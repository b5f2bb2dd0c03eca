# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Routes that wait: for an answer that may never come, or for a deletion's end."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from tricircle.db.models import Route, RouteState
from tricircle.placed.nouns import NOUNS
from tricircle.placed.reach import Reach

_PAGE = 500
#: The gateway wishes for a job when it deletes; this is for what it could not.
_UNATTENDED = timedelta(seconds=10)


def waiting(reach: Reach) -> Iterator[Route]:
    """Yield the routes of which something ought to have become by now."""
    now = datetime.now(UTC)
    settled = now - timedelta(seconds=reach.patience.settle)
    yield from _pages(reach, RouteState.PENDING, Route.created_at < settled)
    yield from _pages(reach, RouteState.DELETING, Route.updated_at < now - _UNATTENDED)


def active(reach: Reach, type_: str, pod_id: str) -> Iterator[Route]:
    """Yield the routes to what a pod should have of a type, but for new ones."""
    settled = datetime.now(UTC) - timedelta(seconds=reach.patience.settle)
    old = and_(Route.pod_id == pod_id, Route.updated_at < settled)
    yield from _pages(reach, RouteState.ACTIVE, old, type_)


def _pages(
    reach: Reach, state: RouteState, where: ColumnElement[bool], *types: str
) -> Iterator[Route]:
    kind = and_(
        Route.state == state, Route.resource_type.in_(types or tuple(NOUNS)), where
    )
    after: Route | None = None
    while found := reach.database.retried_read(partial(_page, kind, after)):
        yield from found
        after = found[-1]


def _page(
    where: ColumnElement[bool], after: Route | None, session: Session
) -> list[Route]:
    statement = select(Route).where(where).order_by(Route.created_at, Route.id)
    if after is not None:
        # The route may be gone by now, so it is not looked up as others' pages do.
        statement = statement.where(
            or_(
                Route.created_at > after.created_at,
                and_(Route.created_at == after.created_at, Route.id > after.id),
            )
        )
    return list(session.scalars(statement.limit(_PAGE)))
