# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Charges: checked against limits, written, and taken back.

All are queries on a session that the caller opened, so that a charge is there exactly
if its intent is. Whoever checks a limit holds the account until the transaction ends.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from tricircle.db.models import Account, Charge, Route, RouteState, now
from tricircle.quotas.demand import Demand, overs, room
from tricircle.quotas.errors import OverQuota, Uncounted
from tricircle.quotas.known import HOLD
from tricircle.quotas.taking import Takes

#: How old a count may be for somebody to be refused by it.
_FRESH = timedelta(seconds=2)

_MAY_TAKE_LESS = or_(
    Route.state == RouteState.DELETING,
    and_(Route.resource_type == HOLD, Route.state == RouteState.ACTIVE),
)
"""What is being deleted, and what a pod was to make and may not have."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A route that takes more, before the pod was told; what to go back to."""

    route_id: str
    project_id: str
    before: Takes
    after: Takes


def used(
    session: Session, project_id: str, kinds: Collection[str], without: str = ""
) -> dict[str, int]:
    """What a project takes of these limits; but for one route."""
    statement = (
        select(Charge.kind, func.sum(Charge.amount))
        .where(Charge.project_id == project_id)
        .where(Charge.kind.in_(kinds))
        .group_by(Charge.kind)
    )
    if without:  # else an index has all that the sum needs
        statement = statement.where(Charge.route_id != without)
    return {kind: int(total) for kind, total in session.execute(statement)}


def reserve(session: Session, demand: Demand, without: str = "") -> None:
    """Let nobody else check until the transaction ends, and say whether it fits.

    The route ``without`` does not count: it is what the demand is for. OverQuota;
    Uncounted.
    """
    if not demand.bounded:
        return
    counted_at = _locked(session, demand)
    taken = used(session, demand.project_id, demand.bounded, without)
    exceeded = overs(demand, taken)
    if exceeded:
        doubtful = _is_doubtful(session, demand, counted_at)
        raise OverQuota(demand, exceeded, taken, is_doubtful=doubtful)


def fitting(session: Session, demand: Demand, least: int, most: int) -> int:
    """How many of ``demand`` fit just now; OverQuota if ``least`` do not. Uncounted."""
    if not demand.bounded:
        return most
    counted_at = _locked(session, demand)
    taken = used(session, demand.project_id, demand.bounded)
    count = room(demand, taken, most)
    if count < least:
        whole = demand.times(most)
        doubtful = _is_doubtful(session, demand, counted_at)
        raise OverQuota(whole, overs(whole, taken), taken, is_doubtful=doubtful)
    return count


def charge(session: Session, route_id: str, project_id: str, takes: Takes) -> None:
    """Write what a route takes, which took nothing before."""
    _write(session, route_id, project_id, takes, None)


def put(session: Session, route_id: str, project_id: str, takes: Takes) -> None:
    """A route takes this, whatever it took before."""
    session.execute(delete(Charge).where(Charge.route_id == route_id))
    _write(session, route_id, project_id, takes, None)


def release(session: Session, route_ids: Collection[str]) -> None:
    """Routes take nothing any more."""
    if route_ids:
        session.execute(delete(Charge).where(Charge.route_id.in_(route_ids)))


def grow(session: Session, route: Route, wanted: Demand) -> Raised:
    """Let a route take as much as ``wanted``, where that is more than before.

    OverQuota tells what more it would have to take. Uncounted if nobody knows yet
    what the route takes.
    """
    _locked(session, wanted)
    before = charges(session, [route.id]).get(route.id)
    if before is None:
        raise Uncounted
    more = {
        kind: amount - before.get(kind, 0)
        for kind, amount in wanted.takes.items()
        if amount > before.get(kind, 0)
    }
    reserve(session, Demand(wanted.project_id, wanted.service, more, wanted.limits))
    after = {**before, **{kind: wanted.takes[kind] for kind in more}}
    session.execute(delete(Charge).where(Charge.route_id == route.id))
    _write(session, route.id, wanted.project_id, after, now())
    return Raised(route.id, wanted.project_id, before, after)


def shrink(session: Session, raised: Raised) -> None:
    """The pod did not do it: take back what was raised, if it is still so."""
    if charges(session, [raised.route_id]).get(raised.route_id) == raised.after:
        put(session, raised.route_id, raised.project_id, raised.before)


def charges(session: Session, route_ids: Collection[str]) -> dict[str, Takes]:
    """What routes take; those that take nothing are left out."""
    found: dict[str, dict[str, int]] = {}
    statement = select(Charge).where(Charge.route_id.in_(route_ids))
    for one in session.scalars(statement):
        found.setdefault(one.route_id, {})[one.kind] = one.amount
    return dict(found)


def _locked(session: Session, demand: Demand) -> datetime:
    statement = (
        select(Account.counted_at)
        .where(Account.project_id == demand.project_id)
        .where(Account.service == demand.service)
        .with_for_update()
    )
    counted_at = session.scalar(statement)
    if counted_at is None:
        raise Uncounted
    return counted_at


def _is_doubtful(session: Session, demand: Demand, counted_at: datetime) -> bool:
    if now() - counted_at > _FRESH:
        return True
    leaving = (
        select(Charge.route_id)
        .join(Route, Route.id == Charge.route_id)
        .where(Charge.project_id == demand.project_id)
        .where(_MAY_TAKE_LESS)
    )
    return session.scalar(leaving.limit(1)) is not None


def _write(
    session: Session,
    route_id: str,
    project_id: str,
    takes: Mapping[str, int],
    raised_at: datetime | None,
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "route_id": route_id,
            "kind": kind,
            "project_id": project_id,
            "amount": amount,
            "raised_at": raised_at,
        }
        for kind, amount in takes.items()
    ]
    if rows:
        session.execute(insert(Charge), rows)
