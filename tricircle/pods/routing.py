# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Where each resource lives.

A create writes its *intent* first: a pending route. What the pod answers completes
it; a crash leaves it, for a job to find out what became of it. Resources that were
there before us are learned when someone asks for them.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack, cast

from sqlalchemy import CursorResult, Delete, Select, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tricircle.db.models import Charge, Pod, Route, RouteState
from tricircle.pods.errors import (
    Conflict,
    PodNotFound,
    RouteElsewhere,
    RouteExists,
    RouteNotFound,
)
from tricircle.pods.paging import page

#: How often one can lose a race before something else must be wrong.
_RACES = 5

#: Ids in one query; every server allows more.
_BATCH = 500


class RouteChanges(TypedDict, total=False):
    """What can change in a route; where it leads can't."""

    pod_resource_id: str | None
    project_id: str
    state: RouteState
    details: Mapping[str, Any]
    revision: int | None


def find(
    session: Session, resource_type: str, resource_id: str, pod_id: str | None = None
) -> list[Route]:
    """Return the routes of a resource, to every pod or to one; oldest first."""
    statement = _of(resource_type, pod_id).where(Route.resource_id == resource_id)
    return _ordered(session, statement)


def find_many(
    session: Session,
    resource_type: str,
    resource_ids: Collection[str],
    pod_id: str | None = None,
) -> list[Route]:
    """Return the routes of many resources at once; the unknown ones are left out."""
    statement = _of(resource_type, pod_id)
    return [
        route
        for ids in _batches(resource_ids)
        for route in _ordered(session, statement.where(Route.resource_id.in_(ids)))
    ]


def find_by_pod_resources(
    session: Session,
    resource_type: str,
    pod_id: str,
    pod_resource_ids: Collection[str],
) -> list[Route]:
    """Return the routes to resources of which we know the ids in their pod."""
    statement = _of(resource_type, pod_id)
    return [
        route
        for ids in _batches(pod_resource_ids)
        for route in _ordered(session, statement.where(Route.pod_resource_id.in_(ids)))
    ]


def get(session: Session, route_id: str) -> Route:
    """Return a route by its own id. RouteNotFound."""
    route = session.get(Route, route_id)
    if route is None:
        raise RouteNotFound(f"there is no route {route_id}")
    return route


def routes(
    session: Session,
    *,
    project_id: str | None = None,
    resource_type: str | None = None,
    resource_id: str | None = None,
    pod_id: str | None = None,
    pod_resource_id: str | None = None,
    state: RouteState | None = None,
    limit: int | None = None,
    marker: str | None = None,
) -> list[Route]:
    """Return routes, oldest first, those that match every given argument.

    ``limit`` and ``marker`` (a route's own id) make pages. MarkerNotFound.
    """
    statement = select(Route)
    wanted = {
        Route.project_id: project_id,
        Route.resource_type: resource_type,
        Route.resource_id: resource_id,
        Route.pod_id: pod_id,
        Route.pod_resource_id: pod_resource_id,
        Route.state: state,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    order = [Route.created_at, Route.id]
    return page(session, statement, order, limit, marker)


def learn(
    session: Session,
    *,
    resource_type: str,
    resource_id: str,
    pod_id: str,
    project_id: str,
    pod_resource_id: str | None = None,
    is_sole: bool = False,
    details: Mapping[str, Any] | None = None,
    revision: int | None = None,
) -> Route:
    """Remember that a resource is in a pod, whether that was known or not.

    ``pod_resource_id`` is ``resource_id`` if not given. ``is_sole``: it can be in
    no other pod; RouteElsewhere if it is known to be. ``details`` and ``revision``
    stay as they are if not given. Conflict if the resource in the pod is known as
    another one; PodNotFound.
    """
    facts: dict[str, Any] = {
        "pod_resource_id": pod_resource_id or resource_id,
        "project_id": project_id,
        "is_sole": is_sole or None,
        "state": RouteState.ACTIVE,
    }
    if details is not None:
        facts["details"] = dict(details)
    if revision is not None:
        facts["revision"] = revision
    for _ in range(_RACES):
        route = _one(session, resource_type, resource_id, pod_id)
        if route is None:
            route = Route(
                resource_type=resource_type, resource_id=resource_id, pod_id=pod_id
            )
        try:
            return _write(session, route, facts)
        except IntegrityError as error:
            lost = error
            _explain(session, route, facts)
    raise lost


def intend(
    session: Session,
    *,
    resource_type: str,
    pod_id: str,
    project_id: str,
    request_id: str | None = None,
    resource_id: str | None = None,
    is_sole: bool = False,
    details: Mapping[str, Any] | None = None,
    route_id: str | None = None,
) -> Route:
    """Write down that a resource is about to be made in a pod.

    ``resource_id`` is unknown for a placed resource. A caller who gives
    ``route_id`` may repeat the call. RouteExists if the resource has a route to the
    pod already, RouteElsewhere if it can be in one pod only and is in another;
    PodNotFound.
    """
    route = Route(resource_type=resource_type, resource_id=resource_id, pod_id=pod_id)
    facts: dict[str, Any] = {
        "project_id": project_id,
        "is_sole": is_sole or None,
        "state": RouteState.PENDING,
        "request_id": request_id,
        "details": dict(details or {}),
    }
    if route_id is not None:
        facts["id"] = route_id
    try:
        return _write(session, route, facts)
    except IntegrityError:
        # Looked for only now: a create waits for this, and hardly any is a repetition.
        before = session.get(Route, route_id) if route_id is not None else None
        if before is not None:
            return before
        if resource_id and find(session, resource_type, resource_id, pod_id):
            raise RouteExists(
                f"{resource_type} {resource_id} has a route to pod {pod_id} already"
            ) from None
        _explain(session, route, facts)
        raise


def complete(
    session: Session,
    intent: Route,
    resource_id: str,
    pod_resource_id: str | None = None,
) -> Route:
    """Turn an intent into the route to what the pod made; return that route.

    ``pod_resource_id`` is ``resource_id`` if not given. May be repeated. If the
    resource was learned meanwhile, the two become one; if the intent was abandoned,
    the resource is learned: what exists is never forgotten.
    """
    charged: list[dict[str, Any]] = []
    stored = session.get(Route, intent.id, with_for_update=True, populate_existing=True)
    if stored is not None and stored.resource_id in {None, resource_id}:
        facts = {
            "resource_id": resource_id,
            "pod_resource_id": pod_resource_id or resource_id,
            "state": RouteState.ACTIVE,
        }
        try:
            return _write(session, stored, facts)
        except IntegrityError:
            _explain(session, stored, facts | {"is_sole": stored.is_sole})
        charged = _charges(session, stored.id)
        session.delete(stored)
        session.flush()
    route = learn(
        session,
        resource_type=intent.resource_type,
        resource_id=resource_id,
        pod_id=intent.pod_id,
        project_id=intent.project_id,
        pod_resource_id=pod_resource_id,
        is_sole=bool(intent.is_sole),
        details=intent.details,
    )
    if charged and not _charges(session, route.id):
        rows = [{**one, "route_id": route.id} for one in charged]
        session.execute(insert(Charge), rows)
    return route


def abandon(session: Session, intent_id: str) -> bool:
    """Delete an intent of which nothing came; False if it is none (any more)."""
    statement = (
        delete(Route)
        .where(Route.id == intent_id)
        .where(Route.state == RouteState.PENDING)
    )
    return _deleted(session, statement) > 0


def pending(session: Session, before: datetime, limit: int = 100) -> list[Route]:
    """Return intents from ``before`` that moment, oldest first."""
    statement = (
        select(Route)
        .where(Route.state == RouteState.PENDING)
        .where(Route.created_at < before)
    )
    return _ordered(session, statement.limit(limit))


def update(session: Session, route_id: str, **changes: Unpack[RouteChanges]) -> Route:
    """Change a route. RouteNotFound; Conflict if the change makes it a double."""
    route = get(session, route_id)
    facts: dict[str, Any] = dict(changes)
    try:
        return _write(session, route, facts)
    except IntegrityError:
        _explain(session, route, facts)
        raise


def forget(
    session: Session, resource_type: str, resource_id: str, pod_id: str | None = None
) -> int:
    """Delete the routes of a resource, to every pod or to one; return how many."""
    statement = (
        delete(Route)
        .where(Route.resource_type == resource_type)
        .where(Route.resource_id == resource_id)
    )
    if pod_id is not None:
        statement = statement.where(Route.pod_id == pod_id)
    return _deleted(session, statement)


def remove(session: Session, route_id: str) -> None:
    """Delete a route by its own id, whatever it is. RouteNotFound."""
    session.delete(get(session, route_id))
    session.flush()


def _charges(session: Session, route_id: str) -> list[dict[str, Any]]:
    """What a route takes of its project's quota."""
    statement = select(Charge.kind, Charge.project_id, Charge.amount)
    found = session.execute(statement.where(Charge.route_id == route_id))
    return [dict(row) for row in found.mappings()]


def _of(resource_type: str, pod_id: str | None) -> Select[Route]:
    statement = select(Route).where(Route.resource_type == resource_type)
    return statement.where(Route.pod_id == pod_id) if pod_id else statement


def _one(
    session: Session, resource_type: str, resource_id: str, pod_id: str
) -> Route | None:
    statement = _of(resource_type, pod_id).where(Route.resource_id == resource_id)
    return session.scalar(statement.execution_options(populate_existing=True))


def _ordered(session: Session, statement: Select[Route]) -> list[Route]:
    return list(session.scalars(statement.order_by(Route.created_at, Route.id)))


def _batches(ids: Collection[str]) -> Iterator[list[str]]:
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), _BATCH):
        yield unique[start : start + _BATCH]


def _deleted(session: Session, statement: Delete) -> int:
    result = cast("CursorResult[Any]", session.execute(statement))
    return result.rowcount


def _write(session: Session, route: Route, facts: Mapping[str, Any]) -> Route:
    # In a savepoint: a double must not spoil what the caller did before.
    with session.begin_nested():
        for key, value in facts.items():
            setattr(route, key, value)
        session.add(route)
    return route


def _explain(session: Session, route: Route, facts: Mapping[str, Any]) -> None:
    """Raise what an IntegrityError meant, if it was not just a lost race."""
    if session.get(Pod, route.pod_id, populate_existing=True) is None:
        raise PodNotFound(f"there is no pod {route.pod_id}")
    resource_type, resource_id = route.resource_type, route.resource_id
    resource_id = facts.get("resource_id", resource_id)
    if resource_id and facts.get("is_sole"):
        for other in find(session, resource_type, resource_id):
            if other.is_sole and other.pod_id != route.pod_id:
                raise RouteElsewhere(resource_type, resource_id, other.pod_id)
    there = facts.get("pod_resource_id")
    if there is None:
        return
    for other in find_by_pod_resources(session, resource_type, route.pod_id, [there]):
        if other.resource_id != resource_id:
            raise Conflict(
                f"{resource_type} {there} in pod {route.pod_id} is known as"
                f" {other.resource_id}, so it can't be {resource_id}"
            )
