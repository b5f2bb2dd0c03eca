# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Goes through routes, audits and pods, and yields what does not agree.

Three looks, for drift has three sides: each pod is searched for marks that no route
leads to; each route is followed, as its job would do; each audit tells what lacks a
route. What drifted at the first look is looked at again by itself, for the first look
reads lists that get old meanwhile.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar, cast

from oslo_config import cfg
from sqlalchemy.orm import Session

from tricircle.db.engine import Database
from tricircle.db.models import Job, Pod, Route, RouteState
from tricircle.jobs.kinds import Context, Wish
from tricircle.jobs.lease import Lease
from tricircle.jobs.retry import Again, Outcome
from tricircle.network.errors import CentralGone
from tricircle.network.interconnect.bridge import Ranges
from tricircle.network.reach import Patience, Reach
from tricircle.network.reconcilers import handlers, router_handlers
from tricircle.network.reconcilers.handlers import ReconcilerHandler
from tricircle.network.reconcilers.router import EastWestReconciler
from tricircle.network.verify.drift import (
    EXTENSIONS,
    NOUNS,
    Drift,
    Sort,
    job_of,
    replica_of,
)
from tricircle.network.verify.dry import DryClients, ReadOnly, WouldWrite
from tricircle.pods import registry, routing
from tricircle.regions.errors import NotThere, RegionsError
from tricircle.regions.network import NetworkClients, Resource

_T = TypeVar("_T")

#: In the order in which they rest on each other.
HANDLERS: tuple[type[ReconcilerHandler], ...] = (
    handlers.QosPolicyHandler,
    handlers.NetworkHandler,
    handlers.SubnetHandler,
    handlers.AddressGroupHandler,
    handlers.SecurityGroupHandler,
    handlers.MembersHandler,
    handlers.PortHandler,
    router_handlers.RouterHandler,
    router_handlers.FloatingIpHandler,
)
_BY_KIND = {handler.reconciler.kind: handler for handler in HANDLERS}
#: The routes that are followed: what the kinds' jobs make, and what goes with it.
_TYPES = (*_BY_KIND, EastWestReconciler.kind)


class _NoLease:
    """Nothing is written, so nothing need be held."""

    def check(self) -> None:
        """Let it go on."""


@dataclass(frozen=True)
class _Look:
    """What a look reads by, and where it notes what would have been written."""

    context: Context
    clients: DryClients

    @property
    def reach(self) -> Reach:
        conf = self.context.conf
        return Reach(
            self.context.database,
            self.clients,
            Patience.of(conf),
            ranges=Ranges.of(conf),
        )

    def handler(self, kind: str) -> ReconcilerHandler:
        return _BY_KIND[kind](lambda conf: self.clients)


class Verifier:
    """Compares central region, routes and pods; it writes nowhere."""

    def __init__(
        self, conf: cfg.ConfigOpts, database: Database, clients: NetworkClients
    ) -> None:
        self._context = Context(conf, ReadOnly(database))
        self._clients = clients

    def verify(self, project_id: str | None = None) -> Iterator[Drift]:
        """Yield what does not agree, of all projects or of one.

        A region that does not answer is one drift. DatabaseUnavailable; PodNotFound
        if there is no central region.
        """
        look = self._look(listed=True)
        central = self._read(registry.central_region)
        pods = self._read(partial(registry.pods, with_central=False))
        answering: dict[str, Pod] = {}
        for pod in (central, *pods):
            silence = _silence(pod, look)
            if silence is None:
                answering[pod.id] = pod
            else:
                yield silence
        if answering.pop(central.id, None) is None:
            return
        reported: set[tuple[str, str, str | None]] = set()
        for found in self._all(answering, look):
            what = found.kind, found.resource_id, found.pod_id
            is_theirs = project_id in {None, found.project_id}
            if is_theirs and what not in reported:
                reported.add(what)
                yield found

    def _all(self, pods: Mapping[str, Pod], look: _Look) -> Iterator[Drift]:
        routes = [one for one in self._routes() if one.pod_id in pods]
        known = {(one.pod_id, one.resource_type, one.resource_id) for one in routes}
        # First, for what rests on a stray lacks it.
        for pod in pods.values():
            yield from self._strays(pod, known, look)
        for route in routes:
            yield from self._followed(route, pods[route.pod_id], look)
        yield from self._audited(pods, look)

    def _look(self, *, listed: bool = False) -> _Look:
        return _Look(self._context, DryClients(self._clients, listed=listed))

    def _read(self, work: Callable[[Session], _T]) -> _T:
        return self._context.database.retried_read(work)

    def _routes(self) -> list[Route]:
        return [
            route
            for type_ in _TYPES
            for route in self._read(partial(routing.routes, resource_type=type_))
        ]

    def _followed(self, route: Route, pod: Pod, look: _Look) -> Iterator[Drift]:
        """Yield a route whose job would have something to do, seen twice."""
        if self._examined(route, pod, look):
            found = self._examined(route, pod, self._look())
            if found:
                yield found

    def _examined(self, known: Route, pod: Pod, look: _Look) -> Drift | None:
        routes = self._known(known.resource_type, str(known.resource_id), pod)
        if not routes:
            return None
        (route,) = routes
        drift = _unfinished(route, pod)
        if route.state != RouteState.ACTIVE:
            return drift
        look.clients.writes.clear()
        stopped, refusal = self._tried(drift, look)
        if look.clients.writes:
            detail = "; ".join(dict.fromkeys(look.clients.writes))
            return replace(drift, sort=Sort.DIFFERS, detail=detail)
        if refusal:
            return replace(drift, sort=Sort.UNKNOWN, detail=refusal)
        return _explained(drift, look) if stopped else None

    def _tried(self, drift: Drift, look: _Look) -> tuple[bool, str]:
        """Do what a job does; return whether it stopped to write, and a refusal."""
        job = Job(kind=drift.kind, resource_id=drift.resource_id, pod_id=drift.pod_id)
        job.project_id = drift.project_id
        handler = look.handler(drift.kind)
        try:
            handler.reconcile(job, cast("Lease", _NoLease()), self._context)
        except WouldWrite:
            return True, ""
        except Again:
            return False, ""
        except Outcome as outcome:
            return False, str(outcome)
        return False, ""

    def _known(self, type_: str, resource_id: str, pod: Pod) -> list[Route]:
        return self._read(
            lambda session: routing.find(session, type_, resource_id, pod.id)
        )

    def _strays(
        self, pod: Pod, known: set[tuple[str, str, str | None]], look: _Look
    ) -> Iterator[Drift]:
        """Yield what has a mark in a pod, and no route."""
        for noun in NOUNS:
            if not _knows(pod, noun):
                continue
            try:
                there = look.clients.network(pod.name).find(noun)
            except RegionsError as error:
                yield _silent(pod, NOUNS[noun], error)
                continue
            for one in there:
                found = replica_of(noun, one)
                if found and (pod.id, *found) not in known:
                    yield from self._stray(pod, noun, found, one)

    def _stray(
        self, pod: Pod, noun: str, found: tuple[str, str], there: Resource
    ) -> Iterator[Drift]:
        """Yield it, unless it was made, or removed, since the first look."""
        type_, central_id = found
        neutron = self._look().clients.network(pod.name)
        if self._known(type_, central_id, pod) or not neutron.find(
            noun, id=there["id"]
        ):
            return
        yield Drift(
            Sort.STRAY,
            type_,
            central_id,
            pod.id,
            pod.name,
            there["project_id"],
            there["id"],
            "it bears our mark, and no route leads to it",
        )

    def _audited(self, pods: Mapping[str, Pod], look: _Look) -> Iterator[Drift]:
        """Yield what the audits wish, twice in a row."""
        for kind in _BY_KIND:
            try:
                first = set(look.handler(kind).audit(self._context))
                wishes = first and first & {
                    *self._look().handler(kind).audit(self._context)
                }
            except Outcome as outcome:
                yield Drift(Sort.UNKNOWN, kind, "", None, "", "", None, str(outcome))
                continue
            for wish in sorted(wishes, key=lambda w: (w.resource_id, w.pod_id or "")):
                pod = pods.get(wish.pod_id or "")
                if wish.pod_id is None or pod is not None:
                    yield _behind(wish, pod)


def _knows(pod: Pod, noun: str) -> bool:
    """Whether a pod's Neutron has such resources, as far as it was asked."""
    aliases = pod.capabilities.get("network", {}).get("extensions")
    needed = EXTENSIONS.get(noun)
    return needed is None or aliases is None or needed in aliases


def _silence(pod: Pod, look: _Look) -> Drift | None:
    try:
        look.clients.network(pod.name).find("network")
    except RegionsError as error:
        return _silent(pod, "network", error)
    return None


def _silent(pod: Pod, kind: str, error: RegionsError) -> Drift:
    return Drift(Sort.UNKNOWN, kind, "", pod.id, pod.name, "", None, str(error))


def _unfinished(route: Route, pod: Pod) -> Drift:
    kind, resource_id = job_of(route.resource_type, str(route.resource_id))
    return Drift(
        Sort.UNFINISHED,
        kind,
        resource_id,
        pod.id,
        pod.name,
        route.project_id,
        route.pod_resource_id,
        f"its route is {route.state}",
    )


def _explained(drift: Drift, look: _Look) -> Drift:
    """Return why there would be something to write down."""
    reconciler = _BY_KIND[drift.kind].reconciler
    try:
        reconciler(look.reach).central(drift.resource_id)
        noun = reconciler.noun or reconciler.kind
        look.clients.network(drift.pod).get(noun, str(drift.pod_resource_id))
    except CentralGone:
        gone = "the central region has it no more"
        return replace(drift, sort=Sort.ORPHAN, detail=gone)
    except NotThere:
        nothing = "the route leads to nothing"
        return replace(drift, sort=Sort.MISSING, detail=nothing)
    except RegionsError as error:
        return replace(drift, sort=Sort.UNKNOWN, detail=str(error))
    behind = "a change was not followed, or what it rests on is not there"
    return replace(drift, sort=Sort.BEHIND, detail=behind)


def _behind(wish: Wish, pod: Pod | None) -> Drift:
    return Drift(
        Sort.BEHIND,
        wish.kind,
        wish.resource_id,
        wish.pod_id,
        pod.name if pod else "",
        wish.project_id,
        None,
        "its audit wants it to be looked at",
    )
