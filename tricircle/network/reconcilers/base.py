# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""What is the same for all nouns: making, keeping and removing a replica."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from tricircle.db.models import Pod, Route, RouteState
from tricircle.jobs.queue import enqueue
from tricircle.network import translate
from tricircle.network.errors import Busy, CentralGone, HoldLost
from tricircle.network.intents import Hold, Intents
from tricircle.network.reach import Reach
from tricircle.network.reconcilers.marked import BIRTH
from tricircle.network.reconcilers.noun import Noun
from tricircle.pods import routing
from tricircle.pods.errors import RouteNotFound
from tricircle.regions.errors import NotThere, Outdated, Refused
from tricircle.regions.network import NetworkClient, Resource

LOG = logging.getLogger(__name__)

#: How often one may lose a hold, or a race, before something else must be wrong.
_TAKEOVERS = 3
#: Seconds after which to look at what was just made anew.
_SOON = 1.0


class Reconciler(Noun):
    """Makes a central resource and its replica in a pod agree."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._intents = Intents(reach.database, reach.patience, reach.job)

    def ensure(self, central_id: str, pod: Pod, project_id: str) -> Route:
        """Return the active route to the replica, made if there was none.

        ``project_id`` is whose the resource is, or who uses it. CentralGone,
        NotReachable, Busy; RegionsError if a region did not do it. Then a job is left
        that finds out what became of it, so it may be called again, or not.
        """
        is_sole = self.is_sole(central_id)
        for _ in range(_TAKEOVERS):
            held = self._intents.acquire(
                self.kind, central_id, pod.id, project_id, is_sole=is_sole
            )
            if isinstance(held, Route):
                return held
            try:
                return self._make(held, pod)
            except HoldLost as lost:
                # We were slow, and taken for dead: whoever took over makes it.
                LOG.warning("%s", lost)
        raise Busy(f"{self.kind} {central_id} in {pod.name} changes hands all the time")

    def reconcile(self, central_id: str, pod: Pod) -> float | None:
        """Make the replica agree, if there shall be one.

        Return the seconds after which to look again; None if nothing is expected. It
        is for jobs, so it never makes a replica that nobody asked for.
        """
        for _ in range(_TAKEOVERS - 1):
            with suppress(Outdated):
                return self._reconcile(central_id, pod)
        return self._reconcile(central_id, pod)

    def _reconcile(self, central_id: str, pod: Pod) -> float | None:
        route = self.route(central_id, pod)
        if route is None:
            return None
        # Before the central one: if the replica is still like this when it is written,
        # nobody who wrote it knew more of the central one.
        replica = self._replica(route, pod)
        try:
            central = self.central(central_id)
        except CentralGone:
            self.remove(central_id, pod)
            return None
        match route.state:
            case RouteState.DELETING:
                self.remove(central_id, pod)
                return None
            case RouteState.PENDING:
                return self._settle(central, pod, route.project_id)
            case _:
                return self._keep(route, central, replica, pod)

    def remove(self, central_id: str, pod: Pod) -> None:
        """Remove the replica and its route; both may be gone already.

        Clash if the pod still uses it: try again later.
        """
        hold = self._intents.retire(self.kind, central_id, pod.id)
        if hold is None:
            return
        with self._working(hold, pod):
            self.removing(hold.route, pod)
            neutron = self._neutron(hold, pod)
            known = hold.route.pod_resource_id
            there = {known} if known else set()
            for replica in self.find(neutron, hold.route):
                there.add(replica["id"])
            for replica_id in sorted(there):
                self.delete(neutron, replica_id)
            self.removed(central_id, pod)
            hold.forget()

    # What is there.

    def route(self, central_id: str, pod: Pod) -> Route | None:
        """Return the route of a resource to a pod."""
        found = self._reach.database.retried_read(
            lambda session: routing.find(session, self.kind, central_id, pod.id)
        )
        return found[0] if found else None

    def central(self, central_id: str) -> Resource:
        """Return the central resource. CentralGone."""
        try:
            return self._reach.central.get(self.kind, central_id)
        except NotThere:
            raise CentralGone(self.kind, central_id) from None

    # How it is done.

    def _make(self, hold: Hold, pod: Pod) -> Route:
        with self._working(hold, pod):
            central = self.central(str(hold.route.resource_id))
            neutron = self._neutron(hold, pod)
            body = self.body(central, pod)
            replica = None
            if not hold.is_fresh:
                replica = self._found(neutron, central, hold.route)
            if replica is None:
                replica = self._create(neutron, central, body, hold, pod)
            return self._finish(neutron, central, body, replica, hold, pod)

    def _create(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        hold: Hold,
        pod: Pod,
    ) -> Resource:
        if self.unique:
            hold.note(**{BIRTH: {name: body[name] for name in self.unique}})
        try:
            return self.create(neutron, central, body, pod)
        except Refused:
            # A call that someone gave up waiting for may have come through since.
            found = self._found(neutron, central, hold.route)
            if found is None:
                raise
            return found

    def _finish(
        self,
        neutron: NetworkClient,
        central: Resource,
        body: Mapping[str, Any],
        replica: Resource,
        hold: Hold,
        pod: Pod,
    ) -> Route:
        self._mark(neutron, central, replica)
        self._update(neutron, body, replica)
        details = self.complete(neutron, central, replica, hold, pod)
        if not details:
            details = self.details(central, replica) or {}
        return hold.complete(
            replica["id"],
            central.get("revision_number"),
            details,
            then=self.completed(central, pod),
            project_id=central.get("project_id") or "",
        )

    def _settle(self, central: Resource, pod: Pod, project_id: str) -> float | None:
        """Find out what became of an intent: finish it if it got somewhere."""
        held = self._intents.acquire(self.kind, central["id"], pod.id, project_id)
        if isinstance(held, Route):
            # Who made it may not have seen what the job is about.
            return _SOON
        with self._working(held, pod):
            neutron = self._neutron(held, pod)
            replica = self._found(neutron, central, held.route)
            if replica is None:
                held.forget()
                return None
            body = self.body(central, pod)
            self._finish(neutron, central, body, replica, held, pod)
            return None

    def _replica(self, route: Route, pod: Pod) -> Resource | None:
        if route.state != RouteState.ACTIVE:
            return None
        try:
            neutron = self._reach.neutron(pod)
            return neutron.get(self._noun, str(route.pod_resource_id))
        except NotThere:
            return None

    def _keep(
        self, route: Route, central: Resource, replica: Resource | None, pod: Pod
    ) -> float | None:
        if replica is None:
            self._make_again(central, pod, route.project_id)
            return _SOON
        neutron = self._reach.neutron(pod)
        revision = replica.get("revision_number") if self.is_refreshed else None
        self._update(neutron, self.body(central, pod), replica, revision)
        self._mark(neutron, central, replica)
        if self.may_be_doubled:
            self._remove_strays(neutron, central, replica, route)
        central = self.kept(neutron, central, replica, pod)
        self._record(route, central, replica)
        return None

    def _remove_strays(
        self, neutron: NetworkClient, central: Resource, replica: Resource, route: Route
    ) -> None:
        """Delete what someone who was taken for dead made after all."""
        for stray in self._ours(neutron, central, route):
            if stray["id"] != replica["id"]:
                self.delete(neutron, stray["id"])

    def _record(self, route: Route, central: Resource, replica: Resource) -> None:
        revision = central.get("revision_number")
        wanted = self.details(central, replica)
        details = route.details if wanted is None else dict(wanted)

        def work(session: Session) -> None:
            # It may be gone, or on its way: that is for another run.
            with suppress(RouteNotFound):
                routing.update(session, route.id, revision=revision, details=details)
                if details != route.details:
                    self.changed(route, central, session)

        if route.revision != revision or route.details != details:
            self._reach.database.retried(work)

    def _make_again(self, central: Resource, pod: Pod, project_id: str) -> None:
        hold = self._intents.retire(self.kind, central["id"], pod.id)
        if hold is not None:
            hold.forget()
        self.ensure(central["id"], pod, project_id)

    def _update(
        self,
        neutron: NetworkClient,
        body: Mapping[str, Any],
        replica: Resource,
        revision: int | None = None,
    ) -> None:
        changes = translate.changes(self._noun, body, replica)
        if changes:
            neutron.update(self._noun, replica["id"], changes, revision=revision)

    def _neutron(self, hold: Hold, pod: Pod) -> NetworkClient:
        return self._reach.neutron(pod, hold.check)

    @contextmanager
    def _working(self, hold: Hold, pod: Pod) -> Iterator[None]:
        """Unless the work ends well, let others go on, and have a job look after it."""
        ended_well = half_gone = False
        try:
            yield
            ended_well = True
        except CentralGone:
            half_gone = True
            raise
        finally:
            if not ended_well:
                hold.let_go(partial(self._wish, hold.route, pod, half_gone))

    def _wish(self, route: Route, pod: Pod, half_gone: bool, session: Session) -> None:
        kind, resource_id = self.job(str(route.resource_id))
        # To the job itself, how it ends says when it runs again: a wish would have it
        # run at once, as often as it fails. But what is gone it takes as its end.
        if half_gone or not self._reach.runs(kind, resource_id, pod):
            enqueue(session, kind, resource_id, pod.id, route.project_id)
