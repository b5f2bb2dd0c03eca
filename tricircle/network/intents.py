# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""A route as a lock: who realises a resource in a pod, one at a time.

Whoever realises a resource first writes the intent, a pending route; the unique key
of routes makes exactly one owner of all who try. Its ``request_id`` is the owner's,
and goes along with the calls to the pod. The others wait until the route is active.
An owner who gives up lets go, one who died shows no sign of life for a while: the
next one takes over, and must look for what is there already. The clock that measures
that is the waiter's own, so no two clocks are compared. Of an owner that is a job the
job's lease tells whether it lives, which is sooner known. ::

    (nothing) --> pending, owned --> active --> deleting, owned --> (nothing)
                   |  ^ take over                |  ^
             let go v  |                  let go v  |
                  pending, nobody's           deleting, nobody's
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Job, Route, RouteState
from tricircle.db.models.base import now
from tricircle.jobs import claim
from tricircle.network.errors import Busy, HoldLost
from tricircle.network.reach import Patience
from tricircle.pods import routing
from tricircle.pods.errors import RouteExists

#: An owner that was confirmed that long ago is not confirmed again.
_FRESH_SECONDS = 1.0
_LONGEST_PAUSE = 0.5
#: What the name of an owner starts with that is the run of a job.
_JOB = "job"


@dataclass
class Hold:
    """A route that is ours to work on.

    ``is_fresh``: nobody worked on it before, so nothing is in the pod yet.
    """

    database: Database
    route: Route
    owner: str
    is_fresh: bool
    confirmed: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Make sure that it is still ours, and show that we live; or HoldLost.

        Call it right before each effect on the pod.
        """
        if time.monotonic() - self.confirmed < _FRESH_SECONDS:
            return
        self.note()

    def note(self, **details: Any) -> None:
        """Show that we live, and remember what is about to be made; or HoldLost."""
        confirmed = time.monotonic()

        def work(session: Session) -> Route:
            route = self._ours(session)
            route.details = {**route.details, **details}
            route.updated_at = now()
            return route

        self.route = self.database.retried(work)
        self.confirmed = confirmed

    def complete(
        self,
        pod_resource_id: str,
        revision: int | None,
        details: Mapping[str, Any] | None = None,
        then: Callable[[Session], object] | None = None,
        project_id: str = "",
    ) -> Route:
        """Record the replica, and do ``then`` in the same transaction; or HoldLost.

        ``project_id`` is whose it is: whoever asked for it may be of another project.
        """

        def work(session: Session) -> Route:
            route = self._ours(session)
            route.request_id = None
            changed = routing.update(
                session,
                route.id,
                pod_resource_id=pod_resource_id,
                state=RouteState.ACTIVE,
                revision=revision,
                details=dict(details or route.details),
                project_id=project_id or route.project_id,
            )
            if then:
                then(session)
            return changed

        return self.database.retried(work)

    def let_go(self, then: Callable[[Session], object]) -> None:
        """Let others go on at once, if it is still ours, and do ``then`` with it."""

        def work(session: Session) -> None:
            ours = (Route.id == self.route.id, Route.request_id == self.owner)
            session.execute(update(Route).where(*ours).values(request_id=None))
            then(session)

        self.database.retried(work)

    def forget(self) -> None:
        """Delete the route, if it is still ours: nothing of it is in the pod."""

        def work(session: Session) -> None:
            try:
                session.delete(self._ours(session))
            except HoldLost:
                return

        self.database.retried(work)

    def _ours(self, session: Session) -> Route:
        route = session.get(
            Route, self.route.id, with_for_update=True, populate_existing=True
        )
        if route is None or route.request_id != self.owner:
            raise HoldLost(
                f"{self.route.resource_type} {self.route.resource_id} in pod"
                f" {self.route.pod_id} was taken over by someone else"
            )
        return route


class Intents:
    """Hands out holds on routes; ``job`` is the one that runs, if any."""

    def __init__(
        self, database: Database, patience: Patience, job: Job | None = None
    ) -> None:
        self._database = database
        self._patience = patience
        self._job = job

    def acquire(
        self,
        kind: str,
        resource_id: str,
        pod_id: str,
        project_id: str,
        *,
        is_sole: bool = False,
    ) -> Route | Hold:
        """Return the active route to a pod, or a hold to make it with.

        It waits while someone else has the hold. Busy; RouteElsewhere if ``is_sole``
        and the resource lives in another pod.
        """
        take = partial(_take_for_making, kind, resource_id, pod_id, project_id, is_sole)
        found = self._wait(kind, resource_id, pod_id, take, {RouteState.ACTIVE})
        # Where there is no route, it takes one.
        return cast("Route | Hold", found)

    def retire(self, kind: str, resource_id: str, pod_id: str) -> Hold | None:
        """Return a hold to remove a replica with; None if there is no route. Busy."""
        take = partial(_take_for_removal, kind, resource_id, pod_id)
        found = self._wait(kind, resource_id, pod_id, take, set())
        # No state is good enough to leave the route as it is.
        return cast("Hold | None", found)

    def _wait(
        self,
        kind: str,
        resource_id: str,
        pod_id: str,
        take: "Callable[[str, str | None, Session], _Taken]",
        good: set[RouteState],
    ) -> Route | Hold | None:
        owner = _owner(self._job)
        end = time.monotonic() + self._patience.wait
        sign, since = "", time.monotonic()
        dead: str | None = None
        pause = self._patience.poll
        while True:
            route = self._database.retried_read(
                partial(_route, kind, resource_id, pod_id)
            )
            if route is not None and route.state in good:
                return route
            if route is None or route.request_id in {None, dead}:
                taken = self._database.retried(partial(take, owner, dead))
                if not taken.again:
                    return taken.held(self._database, owner)
            elif sign != (sign := _sign(route)):
                since = time.monotonic()
            elif time.monotonic() - since > self._patience.takeover or self._is_over(
                route.request_id
            ):
                dead = route.request_id
                continue
            if time.monotonic() > end:
                raise Busy(
                    f"someone works on {kind} {resource_id} in pod {pod_id} for more"
                    f" than {self._patience.wait:g} s"
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _is_over(self, owner: str) -> bool:
        """Whether an owner was the run of a job, which has lost its lease, or ended."""
        prefix, job_id, fence, *_ = [*owner.split(":"), "", ""]
        return prefix == _JOB and not self._database.retried_read(
            lambda session: claim.holds(session, job_id, int(fence))
        )


@dataclass(frozen=True)
class _Taken:
    route: Route | None = None
    is_fresh: bool = False
    again: bool = False

    def held(self, database: Database, owner: str) -> Hold | None:
        if self.route is None:
            return None
        return Hold(database, self.route, owner, self.is_fresh)


_LOST_RACE = _Taken(again=True)


def _owner(job: Job | None) -> str:
    """A name that no other owner has."""
    if job is None or job.lease_owner is None:
        return f"req-{uuid.uuid4()}"
    return f"{_JOB}:{job.id}:{job.fence}:{uuid.uuid4().hex[:8]}"


def _route(kind: str, resource_id: str, pod_id: str, session: Session) -> Route | None:
    found = routing.find(session, kind, resource_id, pod_id)
    return found[0] if found else None


def _sign(route: Route) -> str:
    """Something that changes as long as the owner lives."""
    return f"{route.request_id} {route.state} {route.updated_at}"


def _take_for_making(
    kind: str,
    resource_id: str,
    pod_id: str,
    project_id: str,
    is_sole: bool,
    owner: str,
    dead: str | None,
    session: Session,
) -> _Taken:
    found = _locked(kind, resource_id, pod_id, session)
    if found is None:
        try:
            route = routing.intend(
                session,
                resource_type=kind,
                resource_id=resource_id,
                pod_id=pod_id,
                project_id=project_id,
                request_id=owner,
                is_sole=is_sole,
            )
        except RouteExists:
            return _LOST_RACE
        return _Taken(route, is_fresh=True)
    if found.state == RouteState.ACTIVE or found.request_id not in {None, dead, owner}:
        return _LOST_RACE
    found.request_id = owner
    # What was being deleted is wanted again; what is left of it will be found.
    found.state = RouteState.PENDING
    return _Taken(found)


def _take_for_removal(
    kind: str,
    resource_id: str,
    pod_id: str,
    owner: str,
    dead: str | None,
    session: Session,
) -> _Taken:
    found = _locked(kind, resource_id, pod_id, session)
    if found is None:
        return _Taken()
    if found.request_id not in {None, dead, owner}:
        return _LOST_RACE
    found.request_id = owner
    found.state = RouteState.DELETING
    return _Taken(found)


def _locked(kind: str, resource_id: str, pod_id: str, session: Session) -> Route | None:
    found = _route(kind, resource_id, pod_id, session)
    if found is None:
        return None
    return session.get(Route, found.id, with_for_update=True, populate_existing=True)
