# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a region becomes a pod, changes its zone, and leaves.

Each has an effect in the central Nova: the aggregate that shows the pod's zone to
users. The database can't take that back, so the intent is written first. ::

    probe the region           nothing is changed anywhere
    record the pod, unsettled  cordoned, without an aggregate
    make its aggregate         by name, may be repeated
    settle the pod             the aggregate's id; it takes new resources from now on

A pod without an aggregate is *unsettled*: whoever did that was interrupted, or is
still at it. To do the same again completes it; so does to delete the pod. If Nova
says no, the intent is undone; if nobody knows what Nova did, it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Pod, PodState, new_id
from tricircle.pods import registry
from tricircle.pods.errors import Conflict, PodExists, PodInUse, PodNotFound
from tricircle.pods.registry import PodChanges


class NoCentralRegion(Conflict):
    """A pod needs the central region, whose Nova shows its zone."""


class CentralRegionInUse(Conflict):
    """There are pods, so the central region can't be deleted."""


class Prober(Protocol):
    """Finds out what a region can; see ``regions.probe``."""

    def probe(self, region: str, *, pod_az_name: str = "") -> Mapping[str, Any]:
        """Return what the region's services can; raise if it is not fit."""
        ...


class Aggregates(Protocol):
    """Shows zones to users; see ``regions.aggregates``."""

    def ensure(self, region: str, name: str, zone: str, pod_id: str) -> int:
        """Make sure of the aggregate, and return its id; may be repeated."""
        ...

    def remove(self, region: str, name: str, zone: str) -> None:
        """Make sure that it is gone; may be repeated."""
        ...


@dataclass(frozen=True)
class Wanted:
    """A region that shall be a pod; without ``az_name`` the central region."""

    name: str
    az_name: str = ""
    pod_az_name: str = ""
    dc_name: str = ""

    def describes(self, pod: Pod) -> bool:
        """Say whether ``pod`` is just what is wanted."""
        return self == Wanted(pod.name, pod.az_name or "", pod.pod_az_name, pod.dc_name)


@dataclass(frozen=True)
class Membership:
    """Makes, changes and deletes pods, with what that needs outside.

    ``refusals`` are the exceptions of ``aggregates`` that mean that it had no effect.
    """

    database: Database
    prober: Prober
    aggregates: Aggregates
    refusals: tuple[type[Exception], ...] = ()

    def join(self, wanted: Wanted) -> Pod:
        """Make a region a pod, or the central region, and return it.

        PodExists, CentralRegionExists, NoCentralRegion, and what prober and
        aggregates raise. May be repeated, also at the same time, until the pod is
        settled; after that it is PodExists.
        """
        pod = self.database.retried_read(lambda session: _unsettled(session, wanted))
        if pod is None:
            pod = self._record(wanted)
        if pod.az_name is None:
            return pod
        try:
            return self._settle(pod, PodState.ACTIVE)
        except self.refusals:
            self.database.retried(lambda session: _forget(session, pod.id))
            raise

    def change(self, pod_id: str, changes: PodChanges) -> Pod:
        """Change a pod and return it. PodNotFound; PodInUse if its zone can't change.

        A new ``pod_az_name`` is checked with the pod itself.
        """
        before = self.database.retried_read(lambda session: _facts(session, pod_id))
        all_changes = changes.copy()
        zone = changes.get("pod_az_name", "")
        if zone and zone != before["pod_az_name"]:
            found = self.prober.probe(before["name"], pod_az_name=zone)
            all_changes["capabilities"] = found
        moves = changes.get("az_name", before["az_name"]) != before["az_name"]
        if moves:
            all_changes["aggregate_id"] = None
        pod = self._update(pod_id, all_changes)
        if _is_settled(pod):
            return pod
        try:
            return self._settle(pod, PodState(pod.state))
        except self.refusals:
            if moves:
                self._update(pod_id, _undo(all_changes, before))
            raise

    def probe(self, pod_id: str) -> Pod:
        """Find out anew what a pod can, record it, and return the pod."""
        pod = self.database.retried_read(lambda session: _facts(session, pod_id))
        found = self.prober.probe(pod["name"], pod_az_name=pod["pod_az_name"])
        return self._update(pod_id, {"capabilities": found})

    def leave(self, pod_id: str) -> None:
        """Forget a pod. PodNotFound; PodInUse, CentralRegionInUse, with numbers.

        May be repeated until it succeeds. From its beginning the pod takes nothing
        new.
        """
        before = self.database.retried(lambda session: _close(session, pod_id))
        if before["az_name"] is not None:
            self._hide(before["name"], before["az_name"])
        try:
            self.database.retried(lambda session: registry.delete(session, pod_id))
        except PodInUse:
            # Someone placed something there between our look and our delete.
            self._settle(self._get(pod_id), PodState(before["state"]))
            raise

    def _record(self, wanted: Wanted) -> Pod:
        if wanted.az_name:
            self._central()
        found = self.prober.probe(wanted.name, pod_az_name=wanted.pod_az_name)
        pod_id = new_id()

        def write(session: Session) -> Pod:
            pod = registry.create(
                session,
                name=wanted.name,
                az_name=wanted.az_name,
                pod_az_name=wanted.pod_az_name,
                dc_name=wanted.dc_name,
                capabilities=found,
                pod_id=pod_id,
            )
            if not _is_settled(pod):
                pod.state = PodState.CORDONED
            return pod

        return self.database.retried(write)

    def _settle(self, pod: Pod, state: PodState) -> Pod:
        zone = pod.az_name or ""
        name = aggregate_name(pod.name)
        aggregate_id = self.aggregates.ensure(self._central(), name, zone, pod.id)
        try:
            return self._update(pod.id, {"aggregate_id": aggregate_id, "state": state})
        except PodNotFound:
            # Someone deleted it meanwhile, and what we made was too late for them.
            self._hide(pod.name, zone)
            raise

    def _hide(self, name: str, zone: str) -> None:
        self.aggregates.remove(self._central(), aggregate_name(name), zone)

    def _get(self, pod_id: str) -> Pod:
        return self.database.retried_read(lambda session: registry.get(session, pod_id))

    def _update(self, pod_id: str, changes: PodChanges) -> Pod:
        return self.database.retried(
            lambda session: registry.update(session, pod_id, **changes)
        )

    def _central(self) -> str:
        try:
            return self.database.retried_read(registry.central_region).name
        except PodNotFound as error:
            raise NoCentralRegion(str(error)) from error


def aggregate_name(pod_name: str) -> str:
    """The name of the aggregate that shows a pod's zone."""
    return f"ag_{pod_name}"


def _is_settled(pod: Pod) -> bool:
    return pod.az_name is None or pod.aggregate_id is not None


def _unsettled(session: Session, wanted: Wanted) -> Pod | None:
    """The pod that a join before us has left unsettled, if it was for the same."""
    try:
        pod = registry.by_name(session, wanted.name)
    except PodNotFound:
        return None
    if not _is_settled(pod) and wanted.describes(pod):
        return pod
    raise PodExists(f"region {wanted.name} is a pod already: {pod.id}")


def _facts(session: Session, pod_id: str) -> dict[str, Any]:
    pod = registry.get(session, pod_id)
    return {column.key: getattr(pod, column.key) for column in Pod.__table__.columns}


def _undo(changes: PodChanges, before: Mapping[str, Any]) -> PodChanges:
    return cast("PodChanges", {key: before[key] for key in changes})


def _forget(session: Session, pod_id: str) -> None:
    """Undo the intent to join, unless someone else has settled it."""
    try:
        if not _is_settled(registry.get(session, pod_id)):
            registry.delete(session, pod_id)
    except (PodNotFound, PodInUse):
        return


def _close(session: Session, pod_id: str) -> dict[str, Any]:
    """Write the intent to leave; return what the pod was before it."""
    before = _facts(session, pod_id)
    routes, bindings = registry.usage(session, pod_id)
    if routes or bindings:
        raise PodInUse(before["name"], routes, bindings)
    if before["is_central"]:
        pods = len(registry.pods(session, with_central=False))
        if pods:
            raise CentralRegionInUse(
                f"{before['name']} is the central region of {pods} pod(s); delete these"
                " first"
            )
    else:
        registry.update(session, pod_id, state=PodState.CORDONED, aggregate_id=None)
    return before
