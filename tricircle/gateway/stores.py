# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""`Placement` over Tricircle's database.

The database is synchronous, so it is used in a few threads. What the hot path asks is
in memory: the pods, read anew every few seconds, and the routes that were used. What
nobody waits for (a route that was learned) is written later, by `StoredPlacement.run`.

When the database is down, everything goes on but creates, which need an intent first.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.errors import DatabaseUnavailable
from tricircle.db.models import Pod as PodRow
from tricircle.db.models import Route, RouteState
from tricircle.gateway.errors import (
    BadRequest,
    Conflict,
    GatewayError,
    PodUnavailable,
    StoreUnavailable,
)
from tricircle.gateway.memory import MemoryPlacement, unknown_zone
from tricircle.gateway.pod_rows import pod_of
from tricircle.gateway.ports import Intent, Pod, Record, Wishes
from tricircle.jobs.queue import enqueue
from tricircle.pods import placing, registry, routing
from tricircle.pods.decision import Decision, Refusal
from tricircle.pods.errors import NoValidPod, PodsError, RouteElsewhere
from tricircle.pods.request import Flavor, Neighbour, Request
from tricircle.pods.scheduler import Scheduler
from tricircle.quotas import ledger
from tricircle.quotas.demand import Demand

LOG = logging.getLogger(__name__)

_T = TypeVar("_T")

_NO_REGION = Pod("", "The central region")
"""Before an operator has registered it: it has no services."""

_ROUTE_JOB, _PORT_JOB = "placed_route", "server_port"
"""Kinds of jobs of ``tricircle.placed``."""
_QUOTA_JOB = "quota"
"""And of ``tricircle.quotas``."""

_THREADS = 8
_BACKLOG = 10_000
"""Learned routes that may wait to be written; more are forgotten, and learned again."""


class StoredPlacement(MemoryPlacement):
    """Where resources live and may go, as the database has it."""

    def __init__(
        self, database: Database, scheduler: Scheduler, *, refresh: float = 5.0
    ) -> None:
        """Read the pods every ``refresh`` seconds. `load` must be called first."""
        super().__init__(_NO_REGION, ())
        self._database = database
        self._scheduler = scheduler
        self._refresh = refresh
        self._threads = ThreadPoolExecutor(_THREADS, "placement")
        self._later: asyncio.Queue[Callable[[Session], object]]
        self._later = asyncio.Queue(_BACKLOG)
        self._rows: tuple[object, ...] = ()

    async def load(self) -> None:
        """Read the pods; raises StoreUnavailable."""
        rows = await self._in_thread(
            lambda: self._database.retried_read(lambda s: tuple(registry.pods(s)))
        )
        facts = tuple(_facts(row) for row in rows)
        if facts == self._rows:
            return  # what was worked out from the pods stays good
        self._rows = facts
        pods = [pod_of(row) for row in rows]
        central = [pod for pod in pods if not pod.zone]
        self.regions(
            central[0] if central else _NO_REGION, [pod for pod in pods if pod.zone]
        )

    async def run(self) -> None:
        """Keep the pods fresh and write what waits, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_fresh())
            group.create_task(self._write())

    async def _keep_fresh(self) -> None:
        while True:
            # An operator who has just begun does not want to wait.
            await asyncio.sleep(self._refresh if self.pods else min(1, self._refresh))
            try:
                await self.load()
            except StoreUnavailable as error:
                LOG.warning("pods stay as they were known: %s", error)

    async def _write(self) -> None:
        while True:
            work = await self._later.get()
            try:
                await self.retried(work)
            except GatewayError as error:
                LOG.warning("a route was not written: %s", error)
            except PodsError as error:
                LOG.error("a route does not fit: %s", error)

    def _soon(self, work: Callable[[Session], object]) -> None:
        try:
            self._later.put_nowait(work)
        except asyncio.QueueFull:
            LOG.warning("too many routes wait to be written: one is left out")

    async def lookup(self, type: str, id: str) -> Pod | None:
        """The pod where it lives, if there is a route; memory learns it."""
        routes = await self._in_thread(
            lambda: self._database.retried_read(lambda s: routing.find(s, type, id))
        )
        by_id = {pod.id: pod for pod in self.pods}
        for route in routes:
            pod = by_id.get(route.pod_id)
            if pod is not None and route.state != RouteState.PENDING:
                super().learn(type, id, pod, route.project_id)
                return pod
        return None

    async def recorded(
        self,
        type: str,
        pods: Collection[Pod],
        *,
        project_id: str | None,
        id: str | None,
        limit: int,
    ) -> Sequence[Record]:
        """What routes tell of what is in these pods."""

        def read(session: Session) -> list[Record]:
            found: list[Record] = []
            for pod in pods:
                routes = routing.routes(
                    session,
                    resource_type=type,
                    resource_id=id,
                    pod_id=pod.id,
                    project_id=project_id,
                    state=RouteState.ACTIVE,
                    limit=limit - len(found),
                )
                found += [_record(route, pod) for route in routes]
                if len(found) >= limit:
                    break
            return found

        return await self._in_thread(lambda: self._database.retried_read(read))

    def learn(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """It was met in that pod: remember it now, and write it when there is time."""
        if self.known(type, id) == pod:
            return
        super().learn(type, id, pod, project_id)
        self._soon(
            lambda session: routing.learn(
                session,
                resource_type=type,
                resource_id=id,
                pod_id=pod.id,
                project_id=project_id,
                is_sole=True,
            )
        )

    def deleting(self, type: str, id: str, pod: Pod) -> None:
        """The pod is deleting it; until it is gone, its route still leads there.

        A job waits for that, and parts with what was made for it.
        """

        def work(session: Session) -> None:
            for route in routing.find(session, type, id, pod.id):
                routing.update(session, route.id, state=RouteState.DELETING)
                _wish(session, route)

        self._soon(work)

    def gone(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """The pod says to this project that it does not have it.

        A job asks it again, as the operator: with the route would go what tells of the
        ports that were made for it.
        """
        super().gone(type, id, pod, project_id)

        def work(session: Session) -> None:
            for route in routing.find(session, type, id, pod.id):
                if route.project_id == project_id:
                    _wish(session, route)

        self._soon(work)

    def let_go(self, port_id: str, project_id: str) -> None:
        """A server is about to lose a central port: have a job see to that."""
        self._soon(
            lambda session: enqueue(session, _PORT_JOB, port_id, None, project_id)
        )

    async def bind(self, project_id: str, wishes: Wishes) -> Pod:
        """Let the scheduler choose, and keep what it chose."""
        if not self._has(wishes.zone):
            await self.load()  # it may be a moment old
        if not self._has(wishes.zone):
            raise BadRequest(unknown_zone(wishes.zone or ""))
        request = _request(project_id, wishes, {pod.name: pod for pod in self.pods})
        try:
            decision = await self._in_thread(
                lambda: placing.place(self._database, self._scheduler, request)
            )
        except NoValidPod as error:
            LOG.info("%s", error)
            raise _refusal(wishes, error.decision) from error
        chosen = decision.chosen.id if decision.chosen else ""
        for pod in self.pods:
            if pod.id == chosen:
                return pod
        raise PodUnavailable("The pod was registered a moment ago. Try again.")

    def _has(self, zone: str | None) -> bool:
        return zone is None or any(pod.zone == zone for pod in self.pods)

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None = None,
    ) -> Intent:
        """Write the pending route, and what it takes."""
        id = str(uuid4())

        def work(session: Session) -> None:
            if demand is not None:
                ledger.reserve(session, demand, without=id if tries else "")
            before = session.get(Route, id) if tries else None
            tries.append(id)
            if before is not None:
                return  # that it was committed was not heard
            routing.intend(
                session,
                resource_type=type,
                pod_id=pod.id,
                project_id=project_id,
                request_id=request_id,
                is_sole=True,
                route_id=id,
            )
            if demand is not None:
                ledger.charge(session, id, project_id, demand.takes)

        tries: list[str] = []
        await self.retried(work)
        return Intent(id, type, pod, project_id)

    async def complete(self, intent: Intent, id: str) -> None:
        """The pod made it; memory has it even if this raises."""
        super().learn(intent.type, id, intent.pod, intent.project_id)
        pending = Route(
            id=intent.id,
            resource_type=intent.type,
            pod_id=intent.pod.id,
            project_id=intent.project_id,
            is_sole=True,
            details={},
        )

        def work(session: Session) -> None:
            routing.complete(session, pending, id)
            if id == intent.id:  # a hold: all of it is there, for a recount to meet
                project_id = intent.project_id
                enqueue(session, _QUOTA_JOB, project_id, None, project_id)

        try:
            await self.retried(work)
        except RouteElsewhere as error:
            LOG.error("%s", error)

    async def abandon(self, intent: Intent) -> None:
        """It was not made: take the pending route away."""
        await self.retried(lambda session: routing.abandon(session, intent.id))

    async def retried(self, work: Callable[[Session], _T]) -> _T:
        """Run a transaction in a thread; raises StoreUnavailable."""
        return await self._in_thread(lambda: self._database.retried(work))

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, work)
        except (DatabaseUnavailable, SQLAlchemyError) as error:
            LOG.warning("the database: %s", error)
            raise StoreUnavailable(
                "Tricircle's database does not answer. Nothing was changed: try again "
                "later."
            ) from error


def _record(route: Route, pod: Pod) -> Record:
    return Record(route.resource_id or "", pod, route.project_id, route.created_at)


def _wish(session: Session, route: Route) -> None:
    enqueue(session, _ROUTE_JOB, route.id, route.pod_id, route.project_id)


def _refusal(wishes: Wishes, decision: Decision) -> GatewayError:
    """Why no pod takes it: for now, or until something else is asked for."""
    verdicts = [
        verdict
        for verdict in decision.verdicts
        if wishes.zone in (None, verdict.pod.az_name)
    ]
    reasons = dict.fromkeys(one.reason for v in verdicts for one in v.refusals)
    where = f"Availability zone {wishes.zone} can't" if wishes.zone else "No zone can"
    text = f"{where} take it: {'; '.join(reasons) or 'it has no pods'}."
    if any(v.refusals and all(map(_is_about_the_pod, v.refusals)) for v in verdicts):
        return PodUnavailable(text)
    return Conflict(text)


def _is_about_the_pod(refusal: Refusal) -> bool:
    """Whatever is asked for: so that the pod may take it later."""
    return refusal.is_lasting or refusal.filter == "health"


def _facts(row: PodRow) -> tuple[object, ...]:
    return (row.id, row.name, row.az_name, row.pod_az_name, row.state, row.capabilities)


def _request(project_id: str, wishes: Wishes, pods: Mapping[str, Pod]) -> Request:
    beside: Sequence[Neighbour] = ()
    home = pods.get(wishes.pod or "")
    if home is not None:
        beside = [Neighbour(type, id, home.id) for type, id in wishes.near]
    return Request(
        project_id=project_id,
        az_name=wishes.zone,
        flavor=_flavor(wishes.flavor) if wishes.flavor else None,
        beside=tuple(beside),
        count=wishes.count,
    )


def _flavor(shown: Mapping[str, Any]) -> Flavor:
    ephemeral = shown.get("OS-FLV-EXT-DATA:ephemeral") or 0
    return Flavor(
        id=str(shown["id"]),
        vcpus=shown["vcpus"],
        memory_mb=shown["ram"],
        disk_gb=shown["disk"] + ephemeral,
        extra_specs=shown.get("extra_specs") or {},
    )
