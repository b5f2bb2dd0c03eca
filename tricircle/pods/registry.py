# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The pods that Tricircle knows, as data.

Whether a region exists, and what its services can, is found out elsewhere, and
given to here.
"""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from sqlalchemy import func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tricircle.db.models import Binding, Health, Pod, PodState, Route
from tricircle.pods.errors import (
    CentralRegionExists,
    Conflict,
    PodExists,
    PodInUse,
    PodNotFound,
    PodsError,
)
from tricircle.pods.paging import page


class PodChanges(TypedDict, total=False):
    """What can change in a pod. Its name can't: that is the Keystone region."""

    az_name: str
    pod_az_name: str
    dc_name: str
    state: PodState
    aggregate_id: int | None
    capabilities: Mapping[str, Any]


def create(
    session: Session,
    *,
    name: str,
    az_name: str | None = None,
    pod_az_name: str = "",
    dc_name: str = "",
    aggregate_id: int | None = None,
    capabilities: Mapping[str, Any] | None = None,
    pod_id: str | None = None,
) -> Pod:
    """Record a pod; without ``az_name`` (None or empty) it is the central region.

    A caller who gives ``pod_id`` may repeat the call: the pod with that id and name
    is returned if it is there. PodExists if another one has the name,
    CentralRegionExists if another one is the central region.
    """
    pod = Pod(
        name=name,
        az_name=az_name or None,
        is_central=None if az_name else True,
        pod_az_name=pod_az_name,
        dc_name=dc_name,
        aggregate_id=aggregate_id,
        capabilities=dict(capabilities or {}),
    )
    if pod_id is not None:
        pod.id = pod_id
    try:
        with session.begin_nested():
            session.add(pod)
    except IntegrityError:
        return _made_before(session, name, pod_id, is_central=not az_name)
    return pod


def get(session: Session, pod_id: str) -> Pod:
    """Return a pod by its id. PodNotFound."""
    pod = session.get(Pod, pod_id)
    if pod is None:
        raise PodNotFound(f"there is no pod {pod_id}")
    return pod


def by_name(session: Session, name: str) -> Pod:
    """Return a pod by its name, the Keystone region's. PodNotFound."""
    pod = session.scalar(select(Pod).where(Pod.name == name))
    if pod is None:
        raise PodNotFound(f"there is no pod named {name}")
    return pod


def central_region(session: Session) -> Pod:
    """Return the central region. PodNotFound."""
    pod = session.scalar(select(Pod).where(Pod.is_central == true()))
    if pod is None:
        raise PodNotFound(
            "there is no central region yet; create the pod that has no az_name"
        )
    return pod


def pods(
    session: Session,
    *,
    name: str | None = None,
    az_name: str | None = None,
    state: PodState | None = None,
    health: Health | None = None,
    with_central: bool = True,
    limit: int | None = None,
    marker: str | None = None,
) -> list[Pod]:
    """Return pods by name, those that match every given argument.

    ``limit`` and ``marker`` (a pod's id) make pages. MarkerNotFound.
    """
    statement = select(Pod)
    wanted = {
        Pod.name: name,
        Pod.az_name: az_name,
        Pod.state: state,
        Pod.health: health,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    if not with_central:
        statement = statement.where(Pod.is_central.is_(None))
    return page(session, statement, [Pod.name], limit, marker)


def update(session: Session, pod_id: str, **changes: Unpack[PodChanges]) -> Pod:
    """Change a pod. PodNotFound.

    Its zone can't change while it has routes or bindings, for these are in that
    zone: PodInUse.
    """
    pod = get(session, pod_id)
    az_name = changes.get("az_name", pod.az_name)
    if az_name != pod.az_name:
        if pod.is_central or not az_name:
            raise PodsError(
                f"pod {pod.name}: a pod can't become the central region, nor the"
                " reverse; delete it and create it anew"
            )
        _refuse_if_used(session, pod)
    for key, value in changes.items():
        setattr(pod, key, value)
    session.flush()
    return pod


def delete(session: Session, pod_id: str) -> None:
    """Forget a pod and its jobs. PodNotFound; PodInUse, with numbers."""
    pod = get(session, pod_id)
    try:
        with session.begin_nested():
            session.delete(pod)
    except IntegrityError:
        # Not looked up before: someone could use the pod between look and delete.
        _refuse_if_used(session, pod)
        raise Conflict(f"pod {pod.name} was in use just now; try again") from None


def usage(session: Session, pod_id: str) -> tuple[int, int]:
    """Return how many routes and how many bindings a pod has."""
    counts = [
        session.scalar(select(func.count()).where(column == pod_id)) or 0
        for column in (Route.pod_id, Binding.pod_id)
    ]
    return counts[0], counts[1]


def contents(session: Session, pod_id: str) -> dict[str, int]:
    """Return how many routes a pod has, by the type of their resources."""
    rows = session.execute(
        select(Route.resource_type, func.count())
        .where(Route.pod_id == pod_id)
        .group_by(Route.resource_type)
        .order_by(Route.resource_type)
    ).all()
    return {resource_type: count for resource_type, count in rows}


def _refuse_if_used(session: Session, pod: Pod) -> None:
    routes, bindings = usage(session, pod.id)
    if routes or bindings:
        raise PodInUse(pod.name, routes, bindings)


def _made_before(
    session: Session, name: str, pod_id: str | None, *, is_central: bool
) -> Pod:
    same = session.scalar(select(Pod).where(Pod.name == name))
    if same is not None:
        if same.id == pod_id:
            return same
        raise PodExists(f"region {name} is a pod already: {same.id}")
    if is_central:
        other = central_region(session)
        raise CentralRegionExists(
            f"{other.name} is the central region already, and there is one only;"
            f" give {name} an az_name to make it a pod"
        )
    raise PodsError(f"pod {name} was made and deleted by others meanwhile; try again")
