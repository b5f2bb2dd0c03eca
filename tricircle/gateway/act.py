# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Take the steps that a strategy wants taken: here decisions become acts.

A step that fails raises inside the strategy, at the step. What is done after the answer
is certain (a route completed, ports released) must not change the answer: its failure
is logged, and jobs find what was left.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tricircle.gateway import steps
from tricircle.gateway.cache import Cache
from tricircle.gateway.caller import Caller
from tricircle.gateway.errors import (
    GatewayError,
    NotFound,
    StoreUnavailable,
    absent,
)
from tricircle.gateway.message import Answer, Lost, Request
from tricircle.gateway.places import Kind
from tricircle.gateway.ports import (
    Intent,
    Placement,
    Pod,
    Quotas,
    Realised,
    Realiser,
    Record,
)
from tricircle.gateway.steps import Steps
from tricircle.quotas.demand import Demand
from tricircle.quotas.ledger import Raised

LOG = logging.getLogger(__name__)

_KEPT = 50_000
_KEEP_FOR = 600.0


class Actor:
    """Takes steps, for all requests of a process."""

    def __init__(
        self,
        placement: Placement,
        realiser: Realiser,
        caller: Caller,
        quotas: Quotas,
    ) -> None:
        self.placement = placement
        self._quotas = quotas
        self._realiser = realiser
        self._caller = caller
        self._kept: Cache[tuple[str, ...], Any] = Cache(_KEPT, _KEEP_FOR)
        self._acts: dict[type, Callable[[Any, Request], Awaitable[Any]]] = {
            steps.Send: self._send,
            steps.Gather: self._gather,
            steps.Find: self._find,
            steps.Consult: self._consult,
            steps.Learn: self._learn,
            steps.Miss: self._miss,
            steps.Forget: self._forget,
            steps.Bind: self._bind,
            steps.Afford: self._afford,
            steps.Grow: self._grow,
            steps.Shrink: self._shrink,
            steps.Begin: self._begin,
            steps.Complete: self._complete,
            steps.Abandon: self._abandon,
            steps.Prepare: self._prepare,
            steps.Claim: self._claim,
            steps.Undo: self._undo,
            steps.Refresh: self._refresh,
            steps.Release: self._release,
            steps.Translate: self._translate,
            steps.Recall: self._recall,
            steps.Keep: self._keep,
        }

    async def run(self, strategy: Steps[Answer], request: Request) -> Answer:
        """Take a strategy's steps up to its answer; raises its GatewayError."""
        acts = self._acts
        result: Any = None
        error: GatewayError | None = None
        while True:
            try:
                if error is not None:
                    step = strategy.throw(error)
                else:
                    step = strategy.send(result)
            except StopIteration as stop:
                answer: Answer = stop.value
                return answer
            result = error = None
            try:
                result = await acts[type(step)](step, request)
            except GatewayError as raised:
                error = raised

    # Calls

    def _send(self, step: steps.Send, request: Request) -> Awaitable[Answer | Lost]:
        return self._caller.send(step.call, request.identity, whole=False)

    async def _gather(
        self, step: steps.Gather, request: Request
    ) -> list[Answer | Lost]:
        identity = request.identity
        if len(step.calls) == 1:
            return [await self._caller.send(step.calls[0], identity, whole=True)]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._caller.send(call, identity, whole=True))
                for call in step.calls
            ]
        return [task.result() for task in tasks]

    # Placement

    async def _find(self, step: steps.Find, request: Request) -> Pod | None:
        placement = self.placement
        pod = placement.known(step.type, step.id)
        if pod is not None:
            return pod
        if placement.is_missed(step.type, step.id, request.identity.project_id):
            raise NotFound(absent(step.type, step.id))
        try:
            return await placement.lookup(step.type, step.id)
        except StoreUnavailable as error:
            # The pods know it too.
            LOG.warning("no route of %s %s: %s", step.type, step.id, error)
            return None

    async def _consult(self, step: steps.Consult, request: Request) -> Sequence[Record]:
        try:
            return await self.placement.recorded(
                step.type,
                step.pods,
                project_id=None if step.everybodys else request.identity.project_id,
                id=step.id,
                limit=step.limit,
            )
        except StoreUnavailable as error:
            LOG.warning("what is in pods that do not answer is left out: %s", error)
            return ()

    async def _learn(self, step: steps.Learn, request: Request) -> None:
        project_id = step.project_id or request.identity.project_id
        for id in step.ids:
            self.placement.learn(step.type, id, step.pod, project_id)

    async def _miss(self, step: steps.Miss, request: Request) -> None:
        self.placement.miss(step.type, step.id, request.identity.project_id)

    async def _forget(self, step: steps.Forget, request: Request) -> None:
        placement, project_id = self.placement, request.identity.project_id
        if step.gone:
            placement.gone(step.type, step.id, step.pod, project_id)
        else:
            placement.deleting(step.type, step.id, step.pod)

    async def _bind(self, step: steps.Bind, request: Request) -> Pod:
        return await self.placement.bind(request.identity.project_id, step.wishes)

    async def _begin(self, step: steps.Begin, request: Request) -> Intent:
        project_id, request_id = request.identity.project_id, request.request_id
        return await self._quotas.begin(
            step.type, step.pod, project_id, request_id, step.demand
        )

    async def _complete(self, step: steps.Complete, request: Request) -> None:
        await _quietly(
            self.placement.complete(step.intent, step.id),
            f"{step.intent.type} {step.id} was made, its route stays pending",
        )

    async def _abandon(self, step: steps.Abandon, request: Request) -> None:
        await _quietly(
            self._quotas.abandon(step.intent),
            f"a {step.intent.type} was not made, its route stays pending",
        )

    # Quotas

    async def _afford(self, step: steps.Afford, request: Request) -> tuple[Demand, int]:
        return await self._quotas.afford(
            step.takes, step.service, step.pod, request.identity.project_id, step.counts
        )

    async def _grow(self, step: steps.Grow, request: Request) -> Raised | None:
        return await self._quotas.grow(
            step.type,
            step.id,
            step.pod,
            step.takes,
            step.service,
            request.identity.project_id,
        )

    async def _shrink(self, step: steps.Shrink, request: Request) -> None:
        await _quietly(
            self._quotas.shrink(step.raised), "a charge stays raised until a recount"
        )

    # Networking

    async def _prepare(self, step: steps.Prepare, request: Request) -> Realised:
        return await self._realiser.prepare(
            step.wanted, step.pod, request.identity, step.intent
        )

    async def _claim(self, step: steps.Claim, request: Request) -> None:
        await _quietly(
            self._realiser.claim(step.realised, step.server_id, step.pod),
            f"the ports of server {step.server_id} are not marked as its own",
        )

    async def _undo(self, step: steps.Undo, request: Request) -> None:
        await _quietly(
            self._realiser.undo(step.realised, step.pod), "ports were left behind"
        )

    async def _refresh(self, step: steps.Refresh, request: Request) -> None:
        await _quietly(
            self._realiser.refresh(step.port_id, step.pod),
            f"the pod's port of {step.port_id} follows later",
        )

    async def _release(self, step: steps.Release, request: Request) -> None:
        if step.port_id is None:
            released = self._realiser.release(step.server_id, step.pod)
        else:
            released = self._realiser.detach(step.server_id, step.port_id, step.pod)
        await _quietly(released, f"ports of server {step.server_id} were left behind")

    async def _translate(self, step: steps.Translate, request: Request) -> Any:
        ids: frozenset[tuple[Kind, str]] = step.ids
        return await self._realiser.translate(ids, step.pod, inward=step.inward)

    # Memory

    async def _recall(self, step: steps.Recall, request: Request) -> Any:
        return self._kept.get(step.key)

    async def _keep(self, step: steps.Keep, request: Request) -> None:
        self._kept.put(step.key, step.value)


async def _quietly(act: Awaitable[None], otherwise: str) -> None:
    try:
        await act
    except GatewayError as error:
        LOG.error("%s: %s", otherwise, error)
