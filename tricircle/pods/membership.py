# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""How a region becomes a pod, changes its zone, and leaves.

Each has an effect in the central Nova: the aggregate that shows the pod's zone to
users. The database can't take that back, so the intent is written first. ::

    probe the region       nothing is changed anywhere
    record the pod         joining, without an aggregate
    make its aggregate     by name, may be repeated
    settle the pod         active, with the aggregate's id

A pod without an aggregate is *unsettled*: whoever did that was interrupted, or is
still at it. To do the same again completes it; so does ``finish``, which is called
for each pod now and then, by ``watch``'s wish. If Nova says no, the intent is undone;
if nobody knows what Nova did, it stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Pod, PodState, new_id
from tricircle.pods import intent, observation, registry
from tricircle.pods.errors import NoCentralRegion, PodInUse, PodNotFound
from tricircle.pods.health import Patience
from tricircle.pods.intent import Wanted
from tricircle.pods.outside import Aggregates, Prober
from tricircle.pods.registry import PodChanges


@dataclass(frozen=True)
class Membership:
    """Makes, changes and deletes pods, with what that needs outside.

    ``refusals`` are the exceptions of ``aggregates`` that mean that it had no effect.
    ``watch`` is called in each transaction that leaves a pod unsettled, with its id:
    it has someone ``finish`` that pod if we do not. ``returned`` is what
    ``observation`` calls.
    """

    database: Database
    prober: Prober
    aggregates: Aggregates
    refusals: tuple[type[Exception], ...] = ()
    watch: Callable[[Session, str], None] = observation.nobody
    patience: Patience = field(default_factory=Patience)
    returned: observation.Returned = observation.nobody

    def join(self, wanted: Wanted) -> Pod:
        """Make a region a pod, or the central region, and return it.

        PodExists, PodUnsettled, CentralRegionExists, NoCentralRegion, and what prober
        and aggregates raise. May be repeated, also at the same time, until the pod is
        settled; after that it is PodExists.
        """
        pod = self.database.retried_read(
            lambda session: intent.joining(session, wanted)
        )
        if pod is None:
            pod = self._record(wanted)
        if pod.az_name is None:
            return pod
        try:
            return self._settle(pod)
        except self.refusals:
            self.database.retried(lambda session: intent.forget(session, pod.id))
            raise

    def change(self, pod_id: str, changes: PodChanges) -> Pod:
        """Change a pod and return it.

        PodNotFound, PodUnsettled; PodInUse if its zone can't change. A new
        ``pod_az_name`` is checked with the pod itself.
        """
        before = self.database.retried_read(
            lambda session: intent.changeable(session, pod_id)
        )
        all_changes = changes.copy()
        zone = changes.get("pod_az_name", "")
        if zone and zone != before["pod_az_name"]:
            found = self.prober.probe(before["name"], pod_az_name=zone)
            all_changes["capabilities"] = found
        moves = changes.get("az_name", before["az_name"]) != before["az_name"]
        if moves:
            all_changes["aggregate_id"] = None
        pod = self._update(pod_id, all_changes)
        if intent.is_settled(pod):
            return pod
        try:
            return self._settle(pod)
        except self.refusals:
            if moves:
                self._update(pod_id, _undo(all_changes, before))
            raise

    def probe(self, pod_id: str) -> Pod:
        """Find out anew what a pod can, record it, and return the pod."""
        pod = self._get(pod_id)
        found = self.prober.probe(pod.name, pod_az_name=pod.pod_az_name)
        return self.database.retried(
            lambda session: observation.record(
                session, pod_id, found, {}, self.patience, self.returned
            )
        )[0]

    def leave(self, pod_id: str) -> None:
        """Forget a pod. PodNotFound; PodInUse, CentralRegionInUse, with numbers.

        May be repeated until it succeeds, also at the same time. From its beginning
        the pod takes nothing new.
        """
        # What a pod was before someone began to delete it and died, nobody knows.
        state = PodState.CORDONED
        try:
            before = self.database.retried(self._close(pod_id))
            if before["state"] != PodState.LEAVING:
                state = PodState(before["state"])
            if before["az_name"] is not None:
                self._hide(before["name"], before["az_name"])
            self._delete(pod_id)
        except PodInUse:
            self._reopen(pod_id, state)
            raise

    def finish(self, pod_id: str) -> Pod | None:
        """Complete what was begun with a pod; return it, or None if it has left.

        Whatever can't be completed stays as it is, and is raised. PodNotFound.
        """
        pod = self._get(pod_id)
        if pod.state == PodState.LEAVING:
            try:
                self.leave(pod_id)
            except PodInUse:
                return self._get(pod_id)
            return None
        return pod if intent.is_settled(pod) else self._settle(pod)

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
            if not intent.is_settled(pod):
                pod.state = PodState.JOINING
            session.flush()
            self.watch(session, pod.id)
            return observation.record(session, pod.id, found, {}, self.patience)[0]

        return self.database.retried(write)

    def _settle(self, pod: Pod) -> Pod:
        zone = pod.az_name or ""
        name = aggregate_name(pod.name)
        aggregate_id = self.aggregates.ensure(self._central(), name, zone, pod.id)
        settled = self.database.retried(
            lambda session: intent.settled(session, pod.id, zone, aggregate_id)
        )
        if settled is None:
            # Someone deletes it, and what we made was too late for them.
            self._hide(pod.name, zone)
            raise PodNotFound(f"pod {pod.id} was deleted meanwhile")
        return settled

    def _close(self, pod_id: str) -> Callable[[Session], dict[str, Any]]:
        def write(session: Session) -> dict[str, Any]:
            before = intent.closed(session, pod_id)
            self.watch(session, pod_id)
            return before

        return write

    def _reopen(self, pod_id: str, state: PodState) -> None:
        """Someone uses the pod: it stays."""
        pod = self.database.retried(
            lambda session: intent.reopened(session, pod_id, state)
        )
        if not intent.is_settled(pod):
            self._settle(pod)

    def _delete(self, pod_id: str) -> None:
        try:
            self.database.retried(lambda session: registry.delete(session, pod_id))
        except PodNotFound:
            return  # someone was faster

    def _hide(self, name: str, zone: str) -> None:
        self.aggregates.remove(self._central(), aggregate_name(name), zone)

    def _get(self, pod_id: str) -> Pod:
        return self.database.retried_read(lambda session: registry.get(session, pod_id))

    def _update(self, pod_id: str, changes: PodChanges) -> Pod:
        def write(session: Session) -> Pod:
            intent.changeable(session, pod_id)
            pod = registry.update(session, pod_id, **changes)
            if not intent.is_settled(pod):
                self.watch(session, pod_id)
            return pod

        return self.database.retried(write)

    def _central(self) -> str:
        try:
            return self.database.retried_read(registry.central_region).name
        except PodNotFound as error:
            raise NoCentralRegion(str(error)) from error


def aggregate_name(pod_name: str) -> str:
    """The name of the aggregate that shows a pod's zone."""
    return f"ag_{pod_name}"


def _undo(changes: PodChanges, before: Mapping[str, Any]) -> PodChanges:
    return cast("PodChanges", {key: before[key] for key in changes})
