# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""The pod that a project uses in an availability zone.

A project has at most one *current* binding in a zone, which takes its new
resources, and any number of others, where it keeps what it has. Whoever comes first
makes the current one; all others get that, for a unique key lets one win.
"""

from sqlalchemy import Select, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tricircle.db.models import Binding, Pod, PodState, Route
from tricircle.pods.errors import (
    BindingExists,
    BindingInUse,
    BindingNotFound,
    NotBindable,
    PodClosed,
    PodNotFound,
)
from tricircle.pods.paging import page

#: How often one can lose a race before something else must be wrong.
_RACES = 5


def current(session: Session, project_id: str, az_name: str) -> Binding | None:
    """Return the binding that takes the project's new resources in a zone."""
    statement = _of(project_id, az_name).where(Binding.is_current == true())
    return session.scalar(statement.execution_options(populate_existing=True))


def bind(session: Session, project_id: str, pod_id: str) -> Binding:
    """Bind a project to a pod at first use, and return the current binding.

    That is another pod's if the project is bound in this zone already, or if someone
    else was faster. PodNotFound, PodClosed, NotBindable.
    """
    for _ in range(_RACES):
        az_name = _zone(session, pod_id)
        winner = current(session, project_id, az_name)
        if winner is not None:
            return winner
        _check_open(session, pod_id)
        try:
            with session.begin_nested():
                return _make_current(session, project_id, az_name, pod_id)
        except IntegrityError as error:
            lost = error
    raise lost


def rebind(
    session: Session, project_id: str, pod_id: str, instead_of: str | None
) -> Binding:
    """Make ``pod_id`` current, if ``instead_of`` still is; return the current one.

    ``instead_of`` is the id of the pod that is to be left; the project keeps its
    binding to it. PodNotFound, PodClosed, NotBindable.
    """
    for _ in range(_RACES):
        az_name = _zone(session, pod_id)
        before = current(session, project_id, az_name)
        if before is not None and before.pod_id != instead_of:
            return before
        _check_open(session, pod_id)
        try:
            with session.begin_nested():
                if before is not None:
                    before.is_current = None
                    session.flush()
                return _make_current(session, project_id, az_name, pod_id)
        except IntegrityError as error:
            lost = error
    raise lost


def add(session: Session, project_id: str, pod_id: str) -> Binding:
    """Let a project have resources in a pod besides its current one.

    Returns the binding to that pod, whether it was there or not, current or not.
    PodNotFound, PodClosed, NotBindable.
    """
    for _ in range(_RACES):
        az_name = _zone(session, pod_id)
        found = _to(session, project_id, az_name, pod_id)
        if found is not None:
            return found
        _check_open(session, pod_id)
        try:
            with session.begin_nested():
                made = Binding(project_id=project_id, az_name=az_name, pod_id=pod_id)
                session.add(made)
            return made
        except IntegrityError as error:
            lost = error
    raise lost


def create(session: Session, project_id: str, pod_id: str) -> Binding:
    """Bind a project to a pod by an operator's word: the pod becomes current.

    BindingExists if it is current already; PodNotFound, PodClosed, NotBindable.
    """
    az_name = _zone(session, pod_id)
    before = current(session, project_id, az_name)
    if before is not None and before.pod_id == pod_id:
        raise BindingExists(
            f"project {project_id} is bound to pod {pod_id} in {az_name} already"
        )
    leaving = before.pod_id if before else None
    return rebind(session, project_id, pod_id, instead_of=leaving)


def get(session: Session, binding_id: str) -> Binding:
    """Return a binding by its id. BindingNotFound."""
    found = session.get(Binding, binding_id)
    if found is None:
        raise BindingNotFound(f"there is no binding {binding_id}")
    return found


def bindings(
    session: Session,
    *,
    project_id: str | None = None,
    az_name: str | None = None,
    pod_id: str | None = None,
    limit: int | None = None,
    marker: str | None = None,
) -> list[Binding]:
    """Return bindings, oldest first, those that match every given argument.

    ``limit`` and ``marker`` (a binding's id) make pages. MarkerNotFound.
    """
    statement = select(Binding)
    wanted = {
        Binding.project_id: project_id,
        Binding.az_name: az_name,
        Binding.pod_id: pod_id,
    }
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(column == value)
    order = [Binding.created_at, Binding.id]
    return page(session, statement, order, limit, marker)


def projects(session: Session) -> dict[str, int]:
    """Return how many projects have each pod as their current one, by pod id."""
    statement = (
        select(Binding.pod_id, func.count())
        .where(Binding.is_current == true())
        .group_by(Binding.pod_id)
    )
    rows = session.execute(statement).all()
    return {pod_id: count for pod_id, count in rows}


def delete(session: Session, binding_id: str) -> None:
    """Delete a binding. BindingNotFound; BindingInUse if resources are left."""
    found = get(session, binding_id)
    statement = (
        select(func.count())
        .where(Route.project_id == found.project_id)
        .where(Route.pod_id == found.pod_id)
    )
    routes = session.scalar(statement)
    if routes:
        raise BindingInUse(found.project_id, found.pod_id, routes)
    session.delete(found)
    session.flush()


def _zone(session: Session, pod_id: str) -> str:
    # Anew each time: it may have been deleted since we last looked.
    pod = session.get(Pod, pod_id, populate_existing=True)
    if pod is None:
        raise PodNotFound(f"there is no pod {pod_id}")
    if pod.az_name is None:
        raise NotBindable(
            f"{pod.name} is the central region, where no server or volume can live;"
            " bind the project to a pod"
        )
    return pod.az_name


def _check_open(session: Session, pod_id: str) -> None:
    pod = session.get(Pod, pod_id)
    if pod is None:  # it was deleted since `_zone` looked
        raise PodNotFound(f"there is no pod {pod_id}")
    if pod.state == PodState.ACTIVE:
        return
    advice = ", or uncordon it" if pod.state == PodState.CORDONED else ""
    raise PodClosed(
        f"pod {pod.name} is {pod.state} and takes nothing new; choose another one"
        + advice
    )


def _of(project_id: str, az_name: str) -> Select[Binding]:
    return (
        select(Binding)
        .where(Binding.project_id == project_id)
        .where(Binding.az_name == az_name)
    )


def _to(session: Session, project_id: str, az_name: str, pod_id: str) -> Binding | None:
    return session.scalar(_of(project_id, az_name).where(Binding.pod_id == pod_id))


def _make_current(
    session: Session, project_id: str, az_name: str, pod_id: str
) -> Binding:
    found = _to(session, project_id, az_name, pod_id)
    if found is None:
        found = Binding(project_id=project_id, az_name=az_name, pod_id=pod_id)
        session.add(found)
    found.is_current = True
    session.flush()
    return found
