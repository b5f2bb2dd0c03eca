# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A project counted anew by what pods list: the transactions around that."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tricircle.db.models import Account, Charge, Route, RouteState, now
from tricircle.pods import routing
from tricircle.pods.errors import PodsError
from tricircle.quotas import ledger
from tricircle.quotas.comparing import Corrections, compare
from tricircle.quotas.known import HOLD, Known
from tricircle.quotas.listing import LISTS, VOLUME, Found, Told

#: How long a gateway may be at work on a change, after it has raised a charge.
_SETTLED = timedelta(seconds=300)


def known(session: Session, project_id: str, service: str) -> list[Known]:
    """What routes of a project's take of a service's limits."""
    types = [counted.type for counted in LISTS[service]]
    if service == VOLUME:  # there is nothing else that pods make by themselves
        types.append(HOLD)
    routes = session.scalars(
        select(Route)
        .where(Route.project_id == project_id)
        .where(Route.resource_type.in_(types))
    ).all()
    taken = session.scalars(select(Charge).where(Charge.project_id == project_id)).all()
    amounts: dict[str, dict[str, int]] = {}
    raised = set()
    for one in taken:
        amounts.setdefault(one.route_id, {})[one.kind] = one.amount
        if one.raised_at is not None and now() - one.raised_at < _SETTLED:
            raised.add(one.route_id)
    return [
        Known(
            route.id,
            route.resource_type,
            route.resource_id,
            route.pod_id,
            route.created_at,
            route.state == RouteState.PENDING,
            amounts.get(route.id, {}),
            route.id in raised,
            now() - route.created_at > _SETTLED,
        )
        for route in routes
    ]


def recount(
    session: Session,
    project_id: str,
    service: str,
    since: datetime,
    before: Collection[Known],
    told: Collection[Told],
) -> Corrections:
    """Correct what is charged, and the account's moment; return what was corrected.

    ``before`` was `known` at the moment ``since``; then pods have ``told`` what they
    have, as far as they could be asked.
    """
    _lock(session, project_id, service, since)
    corrections = compare(before, known(session, project_id, service), told)
    if corrections.ended:
        session.execute(delete(Route).where(Route.id.in_(corrections.ended)))
    ledger.release(session, corrections.released)
    for route_id, takes in corrections.charged.items():
        ledger.put(session, route_id, project_id, takes)
    for item in corrections.learned:
        _learn(session, project_id, item)
    return corrections


def is_held(before: Collection[Known], pod_id: str) -> bool:
    """Whether it matters which servers a pod is building."""
    return any(one.type == HOLD and one.pod_id == pod_id for one in before)


def close(session: Session, project_id: str, service: str) -> None:
    """Forget a project that has nothing: it is counted when it next makes something.

    So what is known of projects that were deleted goes, too.
    """
    key = (project_id, service)
    account = session.get(Account, key, with_for_update=True)
    if account is not None and not known(session, project_id, service):
        session.delete(account)


def _lock(session: Session, project_id: str, service: str, since: datetime) -> None:
    key = (project_id, service)
    account = session.get(Account, key, with_for_update=True)
    if account is None:
        try:
            with session.begin_nested():
                session.add(
                    Account(project_id=project_id, service=service, counted_at=since)
                )
            return
        except IntegrityError:  # someone else counted at the same time
            account = session.get_one(Account, key, with_for_update=True)
    account.counted_at = max(since, account.counted_at)
    session.flush()


def _learn(session: Session, project_id: str, item: Found) -> None:
    try:
        route = routing.learn(
            session,
            resource_type=item.type,
            resource_id=item.id,
            pod_id=item.pod_id,
            project_id=project_id,
            is_sole=True,
        )
    except PodsError:
        return  # it is known elsewhere: no create of ours, and no limit's business
    ledger.put(session, route.id, project_id, item.takes)
