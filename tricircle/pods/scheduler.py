# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Tricircle Authors
"""Choosing a pod, without I/O: the same facts give the same decision.

Filters are asked about every pod. Of those that pass, the project's current pod
wins; then one that the project uses already; then the one of the highest weight.
"""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from oslo_config import cfg

from tricircle.db.models import Binding
from tricircle.pods.decision import Decision, Effect, Refusal, Verdict
from tricircle.pods.errors import PluginUnusable
from tricircle.pods.filters.contract import Filter
from tricircle.pods.request import Request
from tricircle.pods.view import PodView
from tricircle.pods.weighers.contract import Weigher

FILTERS = "tricircle.pods.filters"
WEIGHERS = "tricircle.pods.weighers"


class Scheduler:
    """Decides by ``filters``, by name, and ``weighers``, by name with a factor."""

    def __init__(
        self,
        filters: Mapping[str, Filter],
        weighers: Mapping[str, tuple[Weigher, float]],
    ) -> None:
        self.filters = dict(filters)
        self.weighers = dict(weighers)

    def decide(
        self, request: Request, pods: Sequence[PodView], bindings: Sequence[Binding]
    ) -> Decision:
        """Choose one of ``pods`` for ``request``; explain it.

        ``bindings`` are those of the request's project, in all zones.
        """
        bound = {binding.pod_id: bool(binding.is_current) for binding in bindings}
        verdicts = tuple(self._judge(request, pod, bound.get(pod.id)) for pod in pods)
        able = [verdict for verdict in verdicts if verdict.weight is not None]
        if not able:
            return Decision(request, verdicts, None, None)
        best = max(able, key=lambda verdict: _rank(request, verdict))
        leaves = _current(bindings, best.pod.az_name)
        effect = _effect(best, leaves, verdicts)
        if effect in {Effect.KEEP, Effect.BIND}:
            leaves = None
        return Decision(request, verdicts, best.pod, effect, leaves)

    def _judge(self, request: Request, pod: PodView, is_bound: bool | None) -> Verdict:
        refusals = []
        for name, filter_ in self.filters.items():
            reason = filter_.refuse(request, pod)
            if reason is not None:
                refusals.append(Refusal(name, reason, filter_.is_lasting))
        weight = None if refusals else self._weigh(request, pod)
        return Verdict(pod, tuple(refusals), weight, is_bound)

    def _weigh(self, request: Request, pod: PodView) -> float:
        return sum(
            weigher.weigh(request, pod) * factor
            for weigher, factor in self.weighers.values()
        )


def from_conf(conf: cfg.ConfigOpts) -> Scheduler:
    """Return the scheduler that ``[scheduler]`` describes. PluginUnusable."""
    section = conf.scheduler
    return Scheduler(
        {name: _load(FILTERS, name) for name in section.filters},
        {
            name: (_load(WEIGHERS, name), factor)
            for name, factor in section.weighers.items()
        },
    )


def _load(group: str, name: str) -> Any:
    found = entry_points(group=group)
    if name not in found.names:
        known = ", ".join(sorted(found.names)) or "none, is Tricircle installed?"
        raise PluginUnusable(
            f"[scheduler] names {name}, but {group} has no such entry point;"
            f" it has: {known}"
        )
    try:
        return found[name].load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise PluginUnusable(f"{name} of {group} can't be loaded: {error}") from error


def _rank(request: Request, verdict: Verdict) -> tuple[int, float, bytes]:
    # Equal pods: each project has its own order, so that projects spread, and the
    # same one in every process, so that all agree.
    lot = hashlib.sha256(f"{request.project_id} {verdict.pod.id}".encode()).digest()
    staying = {True: 2, False: 1, None: 0}[verdict.is_bound]
    return staying, verdict.weight or 0.0, lot


def _current(bindings: Sequence[Binding], az_name: str) -> str | None:
    for binding in bindings:
        if binding.is_current and binding.az_name == az_name:
            return binding.pod_id
    return None


def _effect(best: Verdict, current: str | None, verdicts: Sequence[Verdict]) -> Effect:
    if current is None:
        return Effect.BIND
    if current == best.pod.id:
        return Effect.KEEP
    for verdict in verdicts:
        if verdict.pod.id == current:
            lasting = any(refusal.is_lasting for refusal in verdict.refusals)
            return Effect.MOVE if lasting else Effect.ADD
    return Effect.MOVE  # the current pod is not even known
