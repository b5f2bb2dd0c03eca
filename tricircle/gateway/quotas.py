# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""`Quotas` over the database: the central region's limits, held over all pods.

The limits are read from the central region for each create, so that a new one counts
at once. A pod's own limits would be in the way: they are lifted for the project there
(the counted ones) or become the central region's (the others). What is taken is
checked and written by one transaction of the placement, with the intent.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.orm import Session

from tricircle.db.models import Route, now
from tricircle.gateway import merge
from tricircle.gateway.cache import Cache
from tricircle.gateway.caller import Caller
from tricircle.gateway.errors import GatewayError, PodUnavailable
from tricircle.gateway.message import Answer, Identity, Lost
from tricircle.gateway.over_limit import refusal
from tricircle.gateway.ports import Counts, Intent, Placement, Pod
from tricircle.gateway.quota_calls import central_limits, items_of, lift, page
from tricircle.pods import routing
from tricircle.quotas import ledger
from tricircle.quotas.demand import Demand
from tricircle.quotas.errors import OverQuota, Uncounted
from tricircle.quotas.ledger import Raised
from tricircle.quotas.listing import (
    BUILDING,
    COMPUTE,
    LISTS,
    SERVERS,
    Counted,
    Told,
    query,
    told_by,
)
from tricircle.quotas.recount import is_held, known, recount
from tricircle.quotas.taking import Takes

LOG = logging.getLogger(__name__)

_T = TypeVar("_T")

_NOBODY = Identity("", "", "", frozenset(), 0.0)
"""All that is asked here is asked as the operator."""

_LIFTED, _LIFTED_FOR = 50_000, 600.0


class Store(Placement, Protocol):
    """A placement over a database."""

    async def retried(self, work: Callable[[Session], _T]) -> _T:
        """Run a transaction; raises StoreUnavailable."""


@dataclass(eq=False)
class _Turn:
    """Recounts of one project, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0


class StoredQuotas:
    """Holds limits over all pods."""

    def __init__(self, placement: Store, caller: Caller) -> None:
        self._placement = placement
        self._caller = caller
        self._lifted: Cache[tuple[str, str, str], bytes]
        self._lifted = Cache(_LIFTED, _LIFTED_FOR)
        self._turns: WeakValueDictionary[tuple[str, str], _Turn]
        self._turns = WeakValueDictionary()

    async def afford(
        self, takes: Takes, service: str, pod: Pod, project_id: str, counts: Counts
    ) -> tuple[Demand, int]:
        """What the project wants and may have, and how many of it fit just now."""
        demand = await self._demand(takes, service, pod, project_id)
        if counts.most == 1:
            return demand, 1
        return demand, await self._counted(
            demand,
            lambda s: ledger.fitting(s, demand, counts.least, counts.most),
            counts,
        )

    async def begin(
        self,
        type: str,
        pod: Pod,
        project_id: str,
        request_id: str,
        demand: Demand | None,
    ) -> Intent:
        """Write down that a create is about to be sent."""
        for last in (False, False, True):
            try:
                return await self._placement.begin(
                    type, pod, project_id, request_id, demand
                )
            except (OverQuota, Uncounted) as error:
                await self._again(error, demand, last=last)
        raise _uncounted()

    async def abandon(self, intent: Intent) -> None:
        """The pod did not make it: the pending route goes.

        Somebody may have given the project limits of the pod's own again. They are
        lifted before the next create.
        """
        for service in LISTS:
            self._lifted.drop((intent.pod.name, service, intent.project_id))
        await self._placement.abandon(intent)

    async def grow(
        self, type: str, id: str, pod: Pod, takes: Takes, service: str, project_id: str
    ) -> Raised | None:
        """Let a resource take more before the pod is told.

        What nobody knows of yet is counted first, as its own project's. Raises
        PodUnavailable while it may be of a server that is being built.
        """
        routes = await self._placement.retried(
            lambda s: routing.find(s, type, id, pod.id)
        )
        owner = routes[0].project_id if routes else project_id
        demand = await self._demand(takes, service, pod, owner)
        if not demand.bounded:
            return None
        try:
            return await self._counted(
                demand, lambda s: _grow(s, type, id, pod, demand)
            )
        except PodUnavailable:
            counted = await self._placement.retried(lambda s: known(s, owner, service))
            if is_held(counted, pod.id):
                raise  # it may be what a hold stands for, and is soon known
            LOG.warning("%s %s in %s can't be counted", type, id, pod.name)
            return None

    async def shrink(self, raised: Raised) -> None:
        """The pod refused: it takes what it took before."""
        await self._placement.retried(lambda s: ledger.shrink(s, raised))

    # Limits

    async def _demand(
        self, takes: Takes, service: str, pod: Pod, project_id: str
    ) -> Demand:
        central = self._placement.central
        call = central_limits(central, service, project_id)
        answer = merge.given(await self._send(call))
        if not answer.ok:
            raise PodUnavailable(
                f"{central.name} answered {answer.status} when it was asked for the "
                "project's quota. Try again later, or tell the operator."
            )
        limits: Mapping[str, Any] = merge.load(answer)["quota_set"]
        await self._lift(pod, service, project_id, limits)
        return Demand(project_id, service, takes, limits)

    async def _lift(
        self, pod: Pod, service: str, project_id: str, limits: Mapping[str, Any]
    ) -> None:
        """Have the pod's own limits out of the way; if it refuses, they are not."""
        call = lift(pod, service, project_id, limits)
        content = call.body if isinstance(call.body, bytes) else b""
        key = (pod.name, service, project_id)
        if self._lifted.get(key) == content:
            return
        answer = await self._send(call)
        if isinstance(answer, Answer) and answer.ok:
            self._lifted.put(key, content)
        else:
            LOG.warning("the quota of project %s stays in %s", project_id, pod.name)

    async def _send(self, call: Any) -> Answer | Lost:
        return await self._caller.send(call, _NOBODY, whole=True)

    # Counting

    async def _counted(
        self,
        demand: Demand,
        work: Callable[[Session], _T],
        counts: Counts | None = None,
    ) -> _T:
        """Do what checks a limit, after a recount if it needs one."""
        for last in (False, False, True):
            try:
                return await self._placement.retried(work)
            except (OverQuota, Uncounted) as error:
                await self._again(error, demand, counts, last=last)
        raise _uncounted()

    async def _again(
        self,
        error: OverQuota | Uncounted,
        demand: Demand | None,
        counts: Counts | None = None,
        *,
        last: bool,
    ) -> None:
        """Recount, if that may help; else raises what the user is told."""
        if isinstance(error, OverQuota) and (last or not error.is_doubtful):
            raise refusal(error, counts) from error
        if demand is None or last:
            raise _uncounted() from error
        await self._recount(demand.project_id, demand.service)

    async def _recount(self, project_id: str, service: str) -> None:
        """Count what pods list, once for all who ask for it meanwhile."""
        turn = self._turns.setdefault((project_id, service), _Turn())
        begun = turn.begun
        async with turn.lock:
            if turn.begun > begun:
                return  # it began after we asked, so it is new enough
            turn.begun += 1
            await self._count(project_id, service)

    async def _count(self, project_id: str, service: str) -> None:
        placement, since = self._placement, now()
        before = await placement.retried(lambda s: known(s, project_id, service))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._told(pod, project_id, service, is_held(before, pod.id))
                )
                for pod in placement.pods
            ]
        told = [told for task in tasks if (told := task.result()) is not None]
        await placement.retried(
            lambda s: recount(s, project_id, service, since, before, told)
        )

    async def _told(
        self, pod: Pod, project_id: str, service: str, held: bool
    ) -> Told | None:
        """What a pod has of the project's; None if it can't tell."""
        building: list[dict[str, Any]] | None = []
        if held:
            building = await self._listed(pod, COMPUTE, SERVERS, project_id, BUILDING)
        if building is None:
            return None
        lists: dict[str, list[dict[str, Any]]] = {}
        for counted in LISTS[service]:
            items = await self._listed(pod, service, counted, project_id)
            if items is None:
                return None
            lists[counted.type] = items
        return told_by(service, pod.id, project_id, lists, building)

    async def _listed(
        self,
        pod: Pod,
        service: str,
        counted: Counted,
        project_id: str,
        only: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]] | None:
        """All pages of a list; None if the pod does not give them."""
        items: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            call = page(pod, service, counted, query(project_id, after, only))
            part = items_of(await self._send(call), counted)
            if part is None:
                LOG.warning("%s does not tell its %s", pod.name, counted.key)
                return None
            items += part
            if not part or part[-1]["id"] == after:
                return items
            after = part[-1]["id"]


def _grow(session: Session, type: str, id: str, pod: Pod, demand: Demand) -> Raised:
    routes: list[Route] = routing.find(session, type, id, pod.id)
    if not routes:
        raise Uncounted
    return ledger.grow(session, routes[0], demand)


def _uncounted() -> GatewayError:
    return PodUnavailable("What the project has can't be counted now. Try again.")
