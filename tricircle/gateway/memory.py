# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""`Placement` in memory, for tests and for trying out; ``stores`` builds on it.

What it knows of routes is what the gateway keeps at hand in any case, so that calls by
id need no database.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import count

from tricircle.gateway.cache import Cache
from tricircle.gateway.errors import BadRequest, NotOffered, PodUnavailable
from tricircle.gateway.message import Identity
from tricircle.gateway.places import Kind
from tricircle.gateway.ports import (
    Attachment,
    Counts,
    Intent,
    Placement,
    Pod,
    Realised,
    Record,
    Wishes,
)
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised
from tricircle.quotas.taking import Takes

_ROUTES = 200_000
_ROUTE_TTL = 3600.0
_MISS_TTL = 5.0


class MemoryPlacement:
    """Where resources live and may go, as long as the process does."""

    def __init__(
        self, central: Pod, pods: Sequence[Pod], *, routes: int = _ROUTES
    ) -> None:
        self.regions(central, pods)
        self._routes: Cache[tuple[str, str], tuple[str, str]]
        self._routes = Cache(routes, _ROUTE_TTL)
        self._misses: Cache[tuple[str, str, str], bool] = Cache(routes, _MISS_TTL)
        self._bindings: dict[tuple[str, str], Pod] = {}
        self._intents: dict[str, Intent] = {}
        self._numbers = count(1)

    def regions(self, central: Pod, pods: Sequence[Pod]) -> None:
        """The regions are these, from now on."""
        self._central = central
        self._pods = tuple(pods)
        self._by_name = {pod.name: pod for pod in (central, *pods)}

    @property
    def pods(self) -> Sequence[Pod]:
        """All pods, in a steady order."""
        return self._pods

    @property
    def central(self) -> Pod:
        """The central region."""
        return self._central

    @property
    def cache(self) -> Cache[tuple[str, str], tuple[str, str]]:
        """Routes: pod and project, by type and id."""
        return self._routes

    @property
    def pending(self) -> Collection[Intent]:
        """The creates of which nobody knows how they ended."""
        return self._intents.values()

    def pod(self, name: str) -> Pod | None:
        """The pod of that name, or the central region."""
        return self._by_name.get(name)

    def known(self, type: str, id: str) -> Pod | None:
        """The pod where it lives, if memory has it."""
        route = self._routes.get((type, id))
        return None if route is None else self._by_name.get(route[0])

    def is_missed(self, type: str, id: str, project_id: str) -> bool:
        """Whether no pod had it a moment ago."""
        return self._misses.get((type, id, project_id)) is not None

    async def lookup(self, type: str, id: str) -> Pod | None:
        """The pod where it lives, if there is a route."""
        return self.known(type, id)

    async def recorded(
        self,
        type: str,
        pods: Collection[Pod],
        *,
        project_id: str | None,
        id: str | None,
        limit: int,
    ) -> Sequence[Record]:
        """Nothing: what is here may be forgotten, and tells no times."""
        return ()

    def learn(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """It was met in that pod."""
        self._routes.put((type, id), (pod.name, project_id))
        self._misses.drop((type, id, project_id))

    def miss(self, type: str, id: str, project_id: str) -> None:
        """No pod has it."""
        self._misses.put((type, id, project_id), True)

    def deleting(self, type: str, id: str, pod: Pod) -> None:
        """The pod is deleting it; until it is gone, its route still leads there."""

    def gone(self, type: str, id: str, pod: Pod, project_id: str) -> None:
        """The pod says to this project that it does not have it."""
        if self._routes.get((type, id)) == (pod.name, project_id):
            self._routes.drop((type, id))

    async def bind(self, project_id: str, wishes: Wishes) -> Pod:
        """The project's pod in the zone; at first use, the one with the fewest."""
        if wishes.pod is not None:
            pod = self.pod(wishes.pod)
            if pod is not None:
                return pod
        fitting = [
            pod for pod in self._pods if wishes.zone in (None, pod.zone) and pod.active
        ]
        if not fitting:
            if any(pod.zone == wishes.zone for pod in self._pods):
                raise PodUnavailable(
                    f"No pod of availability zone {wishes.zone} takes new resources."
                )
            raise BadRequest(unknown_zone(wishes.zone or ""))
        key = (project_id, wishes.zone or "")
        bound = self._bindings.get(key)
        if bound not in fitting:
            bound = min(fitting, key=self._bindings_of)
            self._bindings[key] = bound
        return bound

    def _bindings_of(self, pod: Pod) -> int:
        return sum(bound == pod for bound in self._bindings.values())

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None = None,
    ) -> Intent:
        """Remember that a create is about to be sent."""
        intent = Intent(f"intent-{next(self._numbers)}", type, pod, project_id)
        self._intents[intent.id] = intent
        return intent

    async def complete(self, intent: Intent, id: str) -> None:
        """The pod made it."""
        del self._intents[intent.id]
        self.learn(intent.type, id, intent.pod, intent.project_id)

    async def abandon(self, intent: Intent) -> None:
        """It was not made."""
        del self._intents[intent.id]


def unknown_zone(zone: str) -> str:
    """The sentence for a zone that does not exist, as Nova has it."""
    return f"The requested availability zone is not available: {zone}"


class NoQuotas:
    """`Quotas` where nothing has a limit."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement

    async def afford(
        self, takes: Takes, service: str, pod: Pod, project_id: str, counts: Counts
    ) -> tuple[Demand, int]:
        """All of it."""
        return Demand(project_id, service, takes, {}), counts.most

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None,
    ) -> Intent:
        """Write down that a create is about to be sent."""
        return await self._placement.begin(type, pod, project_id, request_id, demand)

    async def abandon(self, intent: Intent) -> None:
        """It was not made: the pending route goes."""
        await self._placement.abandon(intent)

    async def grow(
        self, type: str, id: str, pod: Pod, takes: Takes, service: str, project_id: str
    ) -> Raised | None:
        """Nothing has to be raised."""
        return None

    async def shrink(self, raised: Raised) -> None:
        """Nothing was raised."""


class NoRealiser:
    """A `Realiser` where there is no networking: servers have no ports."""

    async def prepare(
        self, wanted: Attachment, pod: Pod, identity: Identity, intent: str
    ) -> Realised:
        """No port; raises NotOffered where one is asked for."""
        if wanted.interfaces or wanted.automatic == "auto":
            raise NotOffered("There is no networking here: ask for networks 'none'.")
        return Realised(())

    async def claim(self, realised: Realised, server_id: str, pod: Pod) -> None:
        """There is nothing to claim."""

    async def undo(self, realised: Realised, pod: Pod) -> None:
        """There is nothing to undo."""

    async def refresh(self, port_id: str, pod: Pod) -> None:
        """Nothing is realised."""

    async def release(self, server_id: str, pod: Pod) -> None:
        """There is nothing to release."""

    async def detach(self, server_id: str, port_id: str, pod: Pod) -> None:
        """There is nothing to detach."""

    async def translate(
        self, ids: Collection[tuple[Kind, str]], pod: Pod, *, inward: bool
    ) -> Mapping[tuple[Kind, str], str]:
        """No id is known."""
        return {}
